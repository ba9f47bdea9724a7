#!/bin/bash
# onnxruntime-signed-codes-reshaped.sh
#
# Behaviour: no session can be made of a valid file of opset 21 in which signed 8-bit codes pass a
# Reshape. The optimiser moves the rounding to the other side of the Reshape, and the node that
# it adds there says INT8 while its zero point has become UINT8.
# Expected: a session, as with opset 19 and the same nodes, or with unsigned codes.
# Output seen: "output_dtype INT8 does not match y_zero_point type UINT8"; all others run.
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
const model = (opset, nodes, constants, input, output) => {
  const graph = { name: 'g', node: nodes, initializer: constants };
  graph.input = [value('x', input)];
  graph.output = [value('y', output)];
  const opsetImport = [{ domain: '', version: opset }];
  const message = onnx.ModelProto.fromObject({ irVersion: 9, opsetImport, graph });
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

const reshaped = (opset, type) => model(opset, [
  node('QuantizeLinear', ['x', 's', 'z'], 'xq'), node('DequantizeLinear', ['xq', 's', 'z'], 'xd'),
  node('Reshape', ['xd', 'shape'], 'r'), node('Relu', ['r'], 'p'),
  node('QuantizeLinear', ['p', 's', 'z'], 'pq'), node('DequantizeLinear', ['pq', 's', 'z'], 'y'),
], [float('s', 1 / 8), zero('z', type),
  { name: 'shape', dataType: 7, dims: [2], rawData: bytes(BigInt64Array.of(1n, 4n)) }],
[1, 1, 2, 2], [1, 4]);
const told = async (opset, type, level) => {
  try {
    return `${await run(reshaped(opset, type), [-1, 0, 1, 2], [1, 1, 2, 2], level)}`;
  } catch (error) {
    return error.message;
  }
};
(async () => {
  const signed = await told(21, 'int8', 'all'), off = await told(21, 'int8', 'disabled');
  const before = await told(19, 'int8', 'all'), unsigned = await told(21, 'uint8', 'all');
  expect(signed.includes('output_dtype INT8 does not match'), `opset 21, int8: ${signed}`);
  expect(off === '0,0,1,2', `opset 21, int8, without optimisations: ${off}`);
  expect(before === '0,0,1,2', `opset 19, int8: ${before}`);
  expect(unsigned === '0,0,1,2', `opset 21, uint8: ${unsigned}`);
})();
END
node try.js
