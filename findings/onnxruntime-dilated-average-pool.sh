#!/bin/bash
# onnxruntime-dilated-average-pool.sh
#
# Behaviour: no session can be made of a valid file of opset 19 in which an AveragePool with
# dilations stands between DequantizeLinear and QuantizeLinear. The optimiser turns it into its
# own QLinearAveragePool, which has no attribute of that name, and finds its own node invalid.
# Expected: the pool stays in float, as any pool does that QLinearAveragePool cannot express.
# Output seen: "Unrecognized attribute: dilations for operator QLinearAveragePool"; without
# dilations, or without optimisations, the file runs.
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

const pooled = (attribute) => model(19, [
  node('QuantizeLinear', ['x', 's', 'z'], 'xq'), node('DequantizeLinear', ['xq', 's', 'z'], 'xd'),
  node('AveragePool', ['xd'], 'p', [{ name: 'kernel_shape', type: 7, ints: [2, 2] }, ...attribute]),
  node('QuantizeLinear', ['p', 's', 'z'], 'pq'), node('DequantizeLinear', ['pq', 's', 'z'], 'y'),
], [float('s', 1 / 8), zero('z', 'uint8')], [1, 1, 3, 3], [1, 1, 1, 1]);
const dilated = pooled([{ name: 'dilations', type: 7, ints: [2, 2] }]);
const dense = pooled([{ name: 'strides', type: 7, ints: [2, 2] }]);
const told = async (file, level) => {
  try {
    return `${await run(file, [0, 1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 3, 3], level)}`;
  } catch (error) {
    return error.message;
  }
};
(async () => {
  const byDefault = await told(dilated, 'all'), off = await told(dilated, 'disabled');
  const without = await told(dense, 'all');
  expect(byDefault.includes('Unrecognized attribute: dilations'), `by default: ${byDefault}`);
  expect(off === '4', `without optimisations: ${off}`);
  expect(without === '2', `without dilations: ${without}`);
})();
END
node try.js
