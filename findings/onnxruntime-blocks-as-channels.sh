#!/bin/bash
# onnxruntime-blocks-as-channels.sh
#
# Behaviour: ONNX Runtime takes DequantizeLinear with block_size, on int8 weights between DequantizeLinear and
# QuantizeLinear of activations, for steps of channels: it makes QLinearConv of a Conv, and QLinearMatMul or
# MatMulIntegerToFloat of a MatMul, whose run then fails. Without optimisations, with int4 in place of int8, and
# behind a Reshape to the same shape the same file gives what it says.
# Expected: what it does with int4, which stays dequantized. The file is valid (opset 21): block_size
# is an attribute of DequantizeLinear, and scales [2, 2, 1, 1] fit weights [2, 4, 1, 1] in blocks of 2.
# Output seen: optimisations off [0.35, -0.35], on an error of QLinearConv, behind a Reshape [0.35, -0.35].
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
  const opsetImport = [{ domain: '', version: 21 }];
  const message = onnx.ModelProto.fromObject({ irVersion: 10, opsetImport, graph });
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

const block = [{ name: 'axis', i: 1, type: 2 }, { name: 'block_size', i: 2, type: 2 }];
const quantized = (weights, more) => [
  node('QuantizeLinear', ['x', 'sx', 'zx'], 'xq'),
  node('DequantizeLinear', ['xq', 'sx', 'zx'], 'xd'),
  node('DequantizeLinear', ['w', 'sw', 'zw'], weights, block), ...more,
  node('Conv', ['xd', 'wd'], 'c'),
  node('QuantizeLinear', ['c', 'sy', 'zy'], 'cq'),
  node('DequantizeLinear', ['cq', 'sy', 'zy'], 'y'),
];
const int8 = (name, dims, values) => constant(name, 'int8', dims, bytes(Int8Array.from(values)));
const constants = [float('sx', 0.05), zero('zx', 'uint8'), float('sy', 0.05), zero('zy', 'int8'),
  constant('sw', 'float', [2, 2, 1, 1], Float32Array.of(0.1, 0.05, 0.1, 0.05)),
  int8('zw', [2, 2, 1, 1], [0, 0, 0, 0]), int8('w', [2, 4, 1, 1], [1, 2, 3, -2, -1, -2, -3, 2]),
  { name: 'shape', dataType: 7, dims: [4], rawData: bytes(BigInt64Array.of(2n, 4n, 1n, 1n)) }];
const blocks = model(quantized('wd', []), constants, [1, 4, 1, 1], [1, 2, 1, 1]);
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
  const off = await runs(blocks, 'disabled'), on = await runs(blocks, 'all');
  expect(off === '0.35,-0.35', `optimisations off: ${off}`);
  expect(/QLinearConv/.test(on), `on: ${on.slice(0, 60)}`);
  const hidden = await runs(reshaped, 'all');
  expect(hidden === '0.35,-0.35', `on, behind a Reshape: ${hidden}`);
})();
END
node try.js
