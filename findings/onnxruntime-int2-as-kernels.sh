#!/bin/bash
# onnxruntime-int2-as-kernels.sh
#
# Behaviour: ONNX Runtime makes QLinearConv of a Conv whose weights DequantizeLinear has made of int2 (opset 25), between
# DequantizeLinear and QuantizeLinear of activations, and then makes no session: QLinearConv takes no int2. Without
# optimisations, and behind a Reshape to the same shape, the same file gives what it says.
# Expected: what it does with int4, which stays dequantized. The file is valid.
# Output seen: optimisations off [0.2, -0.2], on an error of QLinearConv, behind a Reshape [0.2, -0.2].
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
const types = { float: 1, uint8: 2, int8: 3, int2: 26 };
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
  const opsetImport = [{ domain: '', version: 25 }];
  const message = onnx.ModelProto.fromObject({ irVersion: 13, opsetImport, graph });
  return Buffer.from(onnx.ModelProto.encode(message).finish());
};
async function run(file, x, dims, level, more = {}) {
  const options = { graphOptimizationLevel: level, logSeverityLevel: 4, ...more };
  const session = await ort.InferenceSession.create(file, options);
  const results = await session.run({ x: new ort.Tensor('float32', Float32Array.from(x), dims) });
  return Array.from(results.y.data, (number) => Number(number.toPrecision(6)));
}
function expect(is, what) {
  console.log(`${is ? 'as found' : 'CHANGED'}: ${what}`);
  if (!is) process.exitCode = 1;
}

const quantized = (weights, more) => [
  node('QuantizeLinear', ['x', 'sx', 'zx'], 'xq'),
  node('DequantizeLinear', ['xq', 'sx', 'zx'], 'xd'),
  node('DequantizeLinear', ['w', 'sw', 'zw'], weights), ...more,
  node('Conv', ['xd', 'wd'], 'c'),
  node('QuantizeLinear', ['c', 'sy', 'zy'], 'cq'),
  node('DequantizeLinear', ['cq', 'sy', 'zy'], 'y'),
];
// Four to a byte, the first in the low bits: [1, 1, 1, -1], [-1, -1, -1, 1].
const constants = [float('sx', 0.05), zero('zx', 'uint8'), float('sy', 0.05), zero('zy', 'int8'),
  float('sw', 0.1), zero('zw', 'int2'),
  constant('w', 'int2', [2, 4, 1, 1], bytes(Uint8Array.of(0b11010101, 0b01111111))),
  { name: 'shape', dataType: 7, dims: [4], rawData: bytes(BigInt64Array.of(2n, 4n, 1n, 1n)) }];
const plain = model(quantized('wd', []), constants, [1, 4, 1, 1], [1, 2, 1, 1]);
const reshaped = model(quantized('wb', [node('Reshape', ['wb', 'shape'], 'wd')]), constants,
  [1, 4, 1, 1], [1, 2, 1, 1]);

async function runs(file, level) {
  try {
    return (await run(file, [1, 1, 1, 1], [1, 4, 1, 1], level)).join();
  } catch (error) {
    return error.message;
  }
}
(async () => {
  const off = await runs(plain, 'disabled'), on = await runs(plain, 'all');
  expect(off === '0.2,-0.2', `optimisations off: ${off}`);
  expect(/QLinearConv/.test(on), `on: ${on.slice(0, 60)}`);
  const hidden = await runs(reshaped, 'all');
  expect(hidden === '0.2,-0.2', `on, behind a Reshape: ${hidden}`);
})();
END
node try.js
