#!/bin/bash
# onnxruntime-float-weights-rounded.sh
#
# Behaviour: a Conv with *float* weights whose input and output pass QuantizeLinear and
# DequantizeLinear gets its weights rounded to 8 bits, one scale for all, by default: a weight
# of 0.0123 beside one of 1 becomes 0.0118. Codes of 16 bits around it make no difference, although no
# integer kernel takes those: who chose 16 bits for precision gets 8 in the weights.
# Expected: weights that the file holds as floats stay floats; who quantizes activations alone
# measures that.
# Output seen: 100 * 0.0123: optimisations off 1.23, on 1.18, with codes of 8 bits and of 16.
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
const types = { float: 1, uint8: 2, int8: 3, uint16: 4 };
const bytes = (values) => new Uint8Array(values.buffer);
const constant = (name, type, dims, values) => (
  { name, dataType: types[type], dims, rawData: bytes(values) });
const float = (name, value, dims = []) => constant(name, 'float', dims, Float32Array.of(value));
const zero = (name, type) => constant(name, type, [], new Uint8Array(type === 'uint16' ? 2 : 1));
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
  const options = { graphOptimizationLevel: level, logSeverityLevel: 3, ...more };
  const session = await ort.InferenceSession.create(file, options);
  const results = await session.run({ x: new ort.Tensor('float32', Float32Array.from(x), dims) });
  return Array.from(results.y.data, (number) => Number(number.toPrecision(6)));
}
function expect(is, what) {
  console.log(`${is ? 'as found' : 'CHANGED'}: ${what}`);
  if (!is) process.exitCode = 1;
}

const file = (codes) => model([
  node('QuantizeLinear', ['x', 's', 'z'], 'xq'), node('DequantizeLinear', ['xq', 's', 'z'], 'xd'),
  node('Conv', ['xd', 'w'], 'c'),
  node('QuantizeLinear', ['c', 'sy', 'z'], 'cq'), node('DequantizeLinear', ['cq', 'sy', 'z'], 'y'),
], [constant('w', 'float', [1, 2, 1, 1], Float32Array.of(0.0123, 1)), float('s', 1),
  float('sy', 0.01), zero('z', codes)],
[1, 2, 1, 1], [1, 1, 1, 1]);
(async () => {
  for (const codes of ['uint8', 'uint16']) {
    const off = await run(file(codes), [100, 0], [1, 2, 1, 1], 'disabled');
    const on = await run(file(codes), [100, 0], [1, 2, 1, 1], 'all');
    expect(off[0] === 1.23, `${codes}: without optimisations 100 * 0.0123 is ${off[0]}`);
    expect(on[0] !== off[0] && Math.abs(on[0] - 1.18) < 0.02, `with them it is ${on[0]}`);
  }
})();
END
node try.js
