#!/bin/bash
# onnxruntime-pad-in-pool.sh
#
# Behaviour: no session can be made of a valid file in which a Pad stands before a MaxPool whose kernel is no larger than
# what is padded. The optimiser moves the padding into the pool, and the pool refuses padding of its kernel's size.
# Expected: such a Pad stays a node of its own.
# Output seen: "Pad should be smaller than kernel" by default; without optimisations, or with a kernel that is larger,
# the file runs.
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
const types = { float: 1 };
const bytes = (values) => new Uint8Array(values.buffer);
const constant = (name, type, dims, values) => (
  { name, dataType: types[type], dims, rawData: bytes(values) });
const float = (name, value, dims = []) => constant(name, 'float', dims, Float32Array.of(value));
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

const padded = (kernel) => model(13, [
  node('Pad', ['x', 'pads', 'low'], 'p'),
  node('MaxPool', ['p'], 'y', [{ name: 'kernel_shape', type: 7, ints: [kernel, kernel] }]),
], [
  { name: 'pads', dataType: 7, dims: [8], int64Data: [0, 0, 1, 1, 0, 0, 1, 1] },
  float('low', 0),
], [1, 1, 2, 2], [1, 1, 5 - kernel, 5 - kernel]);
const told = async (file, level) => {
  try {
    return `${await run(file, [1, 2, 3, 4], [1, 1, 2, 2], level)}`;
  } catch (error) {
    return error.message;
  }
};
(async () => {
  const byDefault = await told(padded(1), 'all'), off = await told(padded(1), 'disabled');
  const larger = await told(padded(2), 'all');
  expect(byDefault.includes('Pad should be smaller than kernel'), `by default: ${byDefault}`);
  expect(off === '0,0,0,0,0,1,2,0,0,3,4,0,0,0,0,0', `without optimisations: ${off}`);
  expect(larger === '1,2,2,3,4,4,3,4,4', `with a kernel of 2: ${larger}`);
})();
END
node try.js
