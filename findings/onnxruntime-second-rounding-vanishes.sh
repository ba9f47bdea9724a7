#!/bin/bash
# onnxruntime-second-rounding-vanishes.sh
#
# Behaviour: QuantizeLinear, DequantizeLinear, QuantizeLinear, DequantizeLinear with two
# different scales become one pair, so the first rounding vanishes: with scales 1 and 0.7 the
# value 0.4 gives 0.7, not 0.
# Expected: two roundings, as without optimisations; the results of the graph are not to change.
# Output seen: of [0.4, 0.6, 1.4, 1.6]: off [0, 0.7, 0.7, 2.1], on [0.7, 0.7, 1.4, 1.4].
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

const pair = (from, scale, name) => [
  node('QuantizeLinear', [from, scale, 'z'], `${name}q`),
  node('DequantizeLinear', [`${name}q`, scale, 'z'], name),
];
const file = model([...pair('x', 's1', 'once'), ...pair('once', 's2', 'y')],
  [float('s1', 1), float('s2', 0.7), zero('z', 'uint8')], [4], [4]);
(async () => {
  const off = await run(file, [0.4, 0.6, 1.4, 1.6], [4], 'disabled');
  const on = await run(file, [0.4, 0.6, 1.4, 1.6], [4], 'all');
  expect(`${off}` === '0,0.7,0.7,2.1', `without optimisations 0.4 0.6 1.4 1.6 become ${off}`);
  expect(`${on}` === '0.7,0.7,1.4,1.4', `with them ${on}`);
})();
END
node try.js
