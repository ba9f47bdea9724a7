#!/bin/bash
# onnxruntime-int8-products-saturate.sh
#
# Behaviour: a MatMul of two computed tensors behind DequantizeLinear becomes MatMulIntegerToFloat.
# int8 codes become uint8 first, but not those that two nodes read. Where such stand on the right,
# sums of two products saturate at 16 bits on a CPU with AVX2 and without VNNI.
# session.x64quantprecision, which mends constant int8 weights, changes nothing here.
# Expected: the sums that the file says; so it is with uint8 of the zero-point 128 on both sides, and
# with session.disable_quant_qdq.
# Output seen: of 64 sums of 8 products of large codes, int8: 64 are others, with the option 64;
# uint8: 0; without integer kernels: 0.
#
# Version: onnxruntime-node 1.30.0, CPU, x86-64 with AVX2, without VNNI. Exits with 1 where this has
# changed; with VNNI there is nothing to see, and it says so.
set -euo pipefail
if grep -qE 'avx512_vnni|avx_vnni' /proc/cpuinfo; then
    echo "this CPU has VNNI, with which nothing saturates"
    exit 0
fi
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

// The codes of x turned, which one node reads, times those of x, which two read.
const rounded = (from, to) => [
  node('QuantizeLinear', [from, 's', 'z'], `${to}q`),
  node('DequantizeLinear', [`${to}q`, 's', 'z'], to)];
const product = (type, middle) => model([
  ...rounded('x', 'xd'), node('Transpose', ['x'], 'xt', [{ name: 'perm', ints: [1, 0], type: 7 }]),
  ...rounded('xt', 'td'), node('MatMul', ['td', 'xd'], 'p'),
  node('Concat', ['p', 'xd'], 'y', [{ name: 'axis', i: 0, type: 2 }]),
], [float('s', 1), zero('z', type, middle)], [8, 8], [16, 8]);
const x = Array.from({ length: 64 }, (_, i) => 100 + ((i * 7919) % 28));
async function others(file, options = {}) {
  const off = await run(file, x, [8, 8], 'disabled');
  const on = await run(file, x, [8, 8], 'all', { extra: { session: options } });
  return off.filter((v, i) => v !== on[i]).length;
}
(async () => {
  const signed = product('int8', 0), unsigned = product('uint8', 128);
  const bare = await others(signed);
  const precise = await others(signed, { x64quantprecision: '1' });
  const apart = await others(signed, { disable_quant_qdq: '1' });
  const exact = await others(unsigned);
  expect(bare > 0, `int8: of 64 sums ${bare} are others`);
  expect(precise > 0, `int8, session.x64quantprecision: ${precise}`);
  expect(apart === 0, `int8, session.disable_quant_qdq: ${apart}`);
  expect(exact === 0, `uint8 with the zero-point 128: ${exact}`);
})();
END
node try.js
