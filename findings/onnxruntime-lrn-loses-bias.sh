#!/bin/bash
# onnxruntime-lrn-loses-bias.sh
#
# Behaviour: LRN gives NaN for finite inputs. The base of the power, bias + alpha / size * sum of squares, is carried from
# one channel to the next: the square that enters is added, the one that leaves is taken off. Beside a large square the
# bias and small squares vanish, and when that leaves, zero or a number below it is raised to -beta.
# Expected: the base is at least the bias.
# Output seen: channels 20000, 0, 0, 0, 0 with size 3, alpha 3, bias 1: 1, 0, NaN, NaN, NaN; with 20 for 20000 no NaN.
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
const node = (opType, input, output, attribute = []) => (
  { opType, input, output: [output], name: output, attribute });
const shaped = (dims) => ({ dim: dims.map((dimValue) => ({ dimValue })) });
const value = (name, dims) => (
  { name, type: { tensorType: { elemType: 1, shape: shaped(dims) } } });
const model = (nodes, input, output) => {
  const graph = { name: 'g', node: nodes };
  graph.input = [value('x', input)];
  graph.output = [value('y', output)];
  const opsetImport = [{ domain: '', version: 17 }];
  const message = onnx.ModelProto.fromObject({ irVersion: 8, opsetImport, graph });
  return Buffer.from(onnx.ModelProto.encode(message).finish());
};
async function run(file, x, dims, level) {
  const options = { graphOptimizationLevel: level, logSeverityLevel: 3 };
  const session = await ort.InferenceSession.create(file, options);
  const results = await session.run({ x: new ort.Tensor('float32', Float32Array.from(x), dims) });
  return Array.from(results.y.data, (number) => Number(number.toPrecision(6)));
}
function expect(is, what) {
  console.log(`${is ? 'as found' : 'CHANGED'}: ${what}`);
  if (!is) process.exitCode = 1;
}

const lrn = model([node('LRN', ['x'], 'y', [
  { name: 'size', type: 2, i: 3 }, { name: 'alpha', type: 1, f: 3 }, { name: 'beta', type: 1, f: 0.5 },
])], [1, 5, 1, 1], [1, 5, 1, 1]);
(async () => {
  for (const level of ['disabled', 'all']) {
    const large = await run(lrn, [2e4, 0, 0, 0, 0], [1, 5, 1, 1], level);
    const small = await run(lrn, [20, 0, 0, 0, 0], [1, 5, 1, 1], level);
    expect(large.some(Number.isNaN), `optimisations ${level}, 20000: ${large.join(', ')}`);
    expect(!small.some(Number.isNaN), `optimisations ${level}, 20: ${small.join(', ')}`);
  }
})();
END
node try.js
