#!/bin/bash
# onnxruntime-clip-at-last-code.sh
#
# Behaviour: no session can be made of a valid file in which Clip(0, 6) stands between a
# quantized Conv and QuantizeLinear, if the codes end a little above 6 so that 6 / scale still
# rounds to 255, and the scale is a scalar. The error tells of two nodes with the same name,
# although all names differ. A scale of shape [1] loads.
# Expected: a session, whatever the shape of the scale; without optimisations there is one.
# Output seen: scalar: "This is an invalid model. Error: two nodes with same node name (c).";
# [1]: 2.99176.
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

const clipped = (dims) => model([
  node('QuantizeLinear', ['x', 's', 'z'], 'xq'), node('DequantizeLinear', ['xq', 's', 'z'], 'xd'),
  node('DequantizeLinear', ['w', 's', 'zw'], 'wd'), node('Conv', ['xd', 'wd'], 'c'),
  node('Clip', ['c', 'low', 'high'], 'k'),
  node('QuantizeLinear', ['k', 'sy', 'z'], 'kq'), node('DequantizeLinear', ['kq', 'sy', 'z'], 'y'),
], [constant('w', 'int8', [1, 1, 1, 1], Int8Array.of(64)), float('s', 1 / 64), zero('z', 'uint8'),
  zero('zw', 'int8'), float('sy', 6 / 254.7, dims), float('low', 0), float('high', 6)],
[1, 1, 1, 1], [1, 1, 1, 1]);
const told = async (dims, level) => {
  try {
    return `${await run(clipped(dims), [3], [1, 1, 1, 1], level)}`;
  } catch (error) {
    return error.message;
  }
};
(async () => {
  const scalar = await told([], 'all'), vector = await told([1], 'all');
  const off = await told([], 'disabled');
  expect(scalar.includes('two nodes with same node name'), `a scalar scale: ${scalar}`);
  expect(vector === '2.99176', `a scale of shape [1]: ${vector}`);
  expect(off === '2.99176', `without optimisations: ${off}`);
})();
END
node try.js
