#!/bin/bash
# onnxruntime-bias-saturates.sh
#
# Behaviour: between DequantizeLinear and QuantizeLinear, ONNX Runtime turns the float bias of a
# Conv into an int32 in units of (input scale x weight scale) of its channel. Where that does
# not fit, the bias becomes the lowest int32, without a warning, and a positive one changes its
# sign.
# Expected: the largest int32, a float kernel, or a warning. The file is valid: a channel of
# very small weights (scale 1e-9) with a bias of 1, as pruned or dead channels have it.
# Output seen: optimisations off [1.5, 1], on [1.5, -0.03125].
#
# Version: onnxruntime-node 1.30.0, CPU, x86-64 with AVX-512. Exits with 1 where this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --ignore-scripts --no-audit --no-fund --silent \
    onnxruntime-node@1.30.0 onnx-proto@8.0.1
cat >try.js <<'END'
'use strict';
const { onnx } = require('onnx-proto');
const ort = require('onnxruntime-node');
const types = { float: 1, uint8: 2, int8: 3 };
const bytes = (values) => new Uint8Array(values.buffer);
const constant = (name, type, dims, values) => (
  { name, dataType: types[type], dims, rawData: bytes(values) });
const float = (name, value, dims = []) => constant(name, 'float', dims, Float32Array.of(value));
const zero = (name, type, value = 0) => constant(name, type, [], bytes(Uint8Array.of(value)));
const node = (opType, input, output, attribute = []) => (
  { opType, input, output: [output], name: output, attribute });
const shaped = (dims) => ({ dim: dims.map((dimValue) => ({ dimValue })) });
const value = (name, dims) => (
  { name, type: { tensorType: { elemType: 1, shape: shaped(dims) } } });
const model = (nodes, constants, input, output) => {
  const graph = { name: 'g', node: nodes, initializer: constants };
  graph.input = [value('x', input)];
  graph.output = [value('y', output)];
  const opsetImport = [{ domain: '', version: 17 }];
  const message = onnx.ModelProto.fromObject({ irVersion: 8, opsetImport, graph });
  return Buffer.from(onnx.ModelProto.encode(message).finish());
};
async function run(file, x, dims, level, more = {}) {
  const options = { graphOptimizationLevel: level, logSeverityLevel: 3, ...more };
  const session = await ort.InferenceSession.create(file, options);
  const results = await session.run({ x: new ort.Tensor('float32', Float32Array.from(x), dims) });
  return Array.from(results.y.data, (number) => Number(number.toPrecision(6)));
}
function expect(is, what) {
  console.log(`${is ? 'as found' : 'CHANGED'}: ${what}`);
  if (!is) process.exitCode = 1;
}

const quantized = [
  node('QuantizeLinear', ['x', 'sx', 'zx'], 'xq'),
  node('DequantizeLinear', ['xq', 'sx', 'zx'], 'xd'),
  node('DequantizeLinear', ['w', 'sw', 'zw'], 'wd', [{ name: 'axis', i: 0, type: 2 }]),
  node('Conv', ['xd', 'wd', 'b'], 'c'),
  node('QuantizeLinear', ['c', 'sy', 'zy'], 'cq'),
  node('DequantizeLinear', ['cq', 'sy', 'zy'], 'y'),
];
const constants = [
  float('sx', 1 / 64), zero('zx', 'uint8'), float('sy', 1 / 64), zero('zy', 'uint8', 128),
  constant('w', 'int8', [2, 1, 1, 1], Int8Array.of(64, 64)),
  constant('sw', 'float', [2], Float32Array.of(1 / 64, 1e-9)),
  constant('zw', 'int8', [2], Int8Array.of(0, 0)),
  constant('b', 'float', [2], Float32Array.of(1, 1)),
];
(async () => {
  const file = model(quantized, constants, [1, 1, 1, 1], [1, 2, 1, 1]);
  const off = await run(file, [0.5], [1, 1, 1, 1], 'disabled');
  const on = await run(file, [0.5], [1, 1, 1, 1], 'all');
  expect(off[0] === 1.5 && off[1] === 1, `without optimisations the channels are ${off}`);
  expect(on[0] === 1.5 && on[1] < 0, `with them they are ${on}`);
})();
END
node try.js
