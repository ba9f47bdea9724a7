#!/bin/bash
# onnxruntime-joined-codes-wrap.sh
#
# Behaviour: QLinearAdd, QLinearMul and QLinearAveragePool turn their result, counted in steps of
# the output, into an integer of 32 bits before they cut it to 8: where it is 2^31 or more the
# lowest code comes out, not the highest. QLinearGlobalAveragePool ends the run where input scale /
# (output scale * pixels) is 256 or more, or below 2^-32, though the session was made.
# Expected: the highest code, as without optimizations, and as QLinearConv has it.
# Output seen: steps of 1 and of 2^26: Add 0, Mul 0, AveragePool 0, not 255; GlobalAveragePool:
# "QLinearGlobalAveragePool parameter out of computation range!".
#
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

const join = (op, scale, attribute = []) => model([
  node('QuantizeLinear', ['x', 's', 'z'], 'xq'), node('DequantizeLinear', ['xq', 's', 'z'], 'xd'),
  ...(op === 'Mul' || op === 'Add' ? [
    node('Relu', ['x'], 'r'), node('QuantizeLinear', ['r', 's', 'z'], 'rq'),
    node('DequantizeLinear', ['rq', 's', 'z'], 'rd'), node(op, ['xd', 'rd'], 'j')]
    : [node(op, ['xd'], 'j', attribute)]),
  node('QuantizeLinear', ['j', 'one', 'z'], 'jq'),
  node('DequantizeLinear', ['jq', 'one', 'z'], 'y'),
], [float('s', scale), float('one', 1), zero('z', 'uint8')], [1, 1, 2, 2],
op === 'GlobalAveragePool' ? [1, 1, 1, 1] : [1, 1, 2, 2]);
const kernel = [{ name: 'kernel_shape', ints: [1, 1], type: 7 }];
async function highest(op, scale, level, attribute) {
  const x = [1, 2, 3, 4].map((code) => code * 50 * scale);
  return Math.min(...await run(join(op, scale, attribute), x, [1, 1, 2, 2], level));
}
(async () => {
  for (const [op, scale, attribute] of
    [['Add', 2 ** 26], ['Mul', 2 ** 13], ['AveragePool', 2 ** 26, kernel]]) {
    const off = await highest(op, scale, 'disabled', attribute);
    const on = await highest(op, scale, 'all', attribute);
    expect(off === 255 && on === 0, `${op}: ${off} without optimizations, ${on} with them`);
  }
  const off = await highest('GlobalAveragePool', 1024, 'disabled');
  const on = await highest('GlobalAveragePool', 1024, 'all').catch((cause) => cause.message);
  const ends = /out of computation range/.test(on);
  expect(off === 255 && ends, `GlobalAveragePool: ${off}, ${ends ? 'the run ends' : on}`);
})();
END
node try.js
