#!/bin/bash
# onnxruntime-softmax-one-too-low.sh
#
# Behaviour: a Softmax between DequantizeLinear and QuantizeLinear becomes QLinearSoftmax. With
# an output scale of 1/255 (all of [0, 1] in 256 codes) many of its codes are one too low, none
# too high; with 1/256 all are exact.
# Expected: the same codes as the float Softmax rounded, but for ties on both sides.
# Output seen: of 512 codes, scale 1/255: 90 too low, 0 too high; scale 1/256: 0 and 0.
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

const x = Array.from({ length: 512 }, (_, i) => ((i * 7919) % 256) / 32);
const softmax = (parts) => model([
  node('QuantizeLinear', ['x', 's', 'z'], 'xq'), node('DequantizeLinear', ['xq', 's', 'z'], 'xd'),
  node('Softmax', ['xd'], 'p', [{ name: 'axis', i: -1, type: 2 }]),
  node('QuantizeLinear', ['p', 'sp', 'z'], 'pq'), node('DequantizeLinear', ['pq', 'sp', 'z'], 'y'),
], [float('s', 1 / 32), float('sp', 1 / parts), zero('z', 'uint8')], [64, 8], [64, 8]);
async function offBy(parts) {
  const off = await run(softmax(parts), x, [64, 8], 'disabled');
  const on = await run(softmax(parts), x, [64, 8], 'all');
  const codes = off.map((v, i) => Math.round((on[i] - v) * parts));
  return [codes.filter((c) => c < 0).length, codes.filter((c) => c > 0).length];
}
(async () => {
  const [low, high] = await offBy(255);
  const exact = await offBy(256);
  expect(low > 20 && high === 0, `scale 1/255: of 512 codes ${low} are too low, ${high} too high`);
  expect(exact[0] === 0 && exact[1] === 0, `scale 1/256: ${exact[0]} and ${exact[1]}`);
})();
END
node try.js
