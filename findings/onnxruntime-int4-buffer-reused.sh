#!/bin/bash
# onnxruntime-int4-buffer-reused.sh
#
# Behaviour: two integers of 4 bits share a byte, but when memory is planned such a tensor counts
# as one byte an element. Once nobody reads codes of 4 bits any more, their buffer is given to a
# tensor of the same shape with elements of one byte (what Less or QuantizeLinear to uint8 give),
# which is twice as long: it is written past the end, over other tensors or the heap's own
# records. At every optimization level.
# Expected: the values that the file says; without the Less, or with codes of 8 bits, they come.
# Output seen: of 490 values 59 are others, of 7000 values 854; without Less 0; codes of 8 bits 0.
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
const model = (nodes, constants, input, output, version = 17) => {
  const graph = { name: 'g', node: nodes, initializer: constants };
  graph.input = [value('x', input)];
  graph.output = [value('y', output)];
  const opsetImport = [{ domain: '', version }];
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

const types4 = { int4: 22, int8: 3 };
const zeroOf = (type) => ({ name: 'z', dataType: types4[type], rawData: bytes(Uint8Array.of(0)) });
const coded = (type, rows, isCompared) => model([
  node('QuantizeLinear', ['x', 's', 'z'], 'q'), node('DequantizeLinear', ['q', 's', 'z'], 'd'),
  ...(isCompared ? [node('Less', ['d', 'c'], 'l'), node('Where', ['l', 'd', 'c'], 'y')]
    : [node('Min', ['d', 'c'], 'y')]),
], [float('s', 0.5), zeroOf(type), float('c', 100)], [rows, 70], [rows, 70], 21);
async function wrong(type, rows, isCompared, level) {
  const x = Array.from({ length: rows * 70 }, (_, i) => (((i * 7) % 15) - 8) / 2);
  const y = await run(coded(type, rows, isCompared), x, [rows, 70], level);
  return y.filter((v, i) => v !== x[i]).length;
}
(async () => {
  for (const level of ['disabled', 'all']) {
    const counts = [await wrong('int4', 7, true, level), await wrong('int4', 100, true, level)];
    expect(counts[0] > 0 && counts[1] > 0, `${level}: ${counts[0]} of 490, ${counts[1]} of 7000`);
    const plain = await wrong('int4', 7, false, level);
    const bytesOnly = await wrong('int8', 7, true, level);
    expect(plain + bytesOnly === 0, `${level}: without Less ${plain}, of 8 bits ${bytesOnly}`);
  }
  process.exit(); // the heap is not to be trusted from here on
})();
END
node try.js
