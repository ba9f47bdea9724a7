'use strict';
// judge.js FOLDER LOGITS MODEL... - runs models in ONNX Runtime on samples and compares
// with what calq has made of them (tests/end_to_end/write_logits.c has written FOLDER).
//
// LOGITS is `logits` (the calibrated network) or `float`. For each model two lines, with
// graph optimisations off and on:
//
//   MODEL off N samples, E equal predictions, C right, Q right by calq, largest difference of logits X
//
// A sample with predictions at several places counts as that many.
//
// A failure prints `error` and a sentence, and ends with status 1.

const { fail } = require('./installed');
const { readJudged, readSamples, compare, newVerdict, printVerdict } = require('./judged');
const { ort, createSession } = require('./session');

const USAGE = 'usage: node judge.js FOLDER logits|float MODEL...';
const BATCH = 50;
const LEVELS = { off: 'disabled', on: 'all' };

// As `calq verify` says: CPUs with AVX2 that have no VNNI saturate sums of two products without it.
const EXACT_PRODUCTS = { extra: { session: { x64quantprecision: '1' } } };

// What calq stores in 4 bytes, as the model takes it.
function tensorOf(type, { buffer, byteOffset }, elements, sizes) {
  if (type === 'float32')
    return new ort.Tensor(type, new Float32Array(buffer, byteOffset, elements), sizes);
  const integers = new Int32Array(buffer, byteOffset, elements);
  return type === 'int64'
    ? new ort.Tensor(type, BigInt64Array.from(integers, BigInt), sizes)
    : new ort.Tensor(type, integers, sizes);
}

function readBatch(input, type, first, count) {
  const elements = input.sizes.reduce((product, size) => product * size, count);
  return tensorOf(type, readSamples(input, first, count), elements, [count, ...input.sizes]);
}

async function judge(judged, model, level) {
  const session = await createSession(model, level, EXACT_PRODUCTS);
  const [output] = session.outputNames;
  const types = Object.fromEntries(session.inputMetadata.map(({ name, type }) => [name, type]));
  const verdict = newVerdict();
  for (let first = 0; first < judged.count; first += BATCH) {
    const count = Math.min(BATCH, judged.count - first);
    const feeds = {};
    for (const input of judged.inputs)
      feeds[input.name] = readBatch(input, types[input.name], first, count);
    const results = await session.run(feeds);
    compare(judged, first, count, results[output].data, verdict);
  }
  await session.release();
  return verdict;
}

async function main() {
  const [folder, logits, ...models] = process.argv.slice(2);
  if (!['logits', 'float'].includes(logits) || models.length === 0) fail(USAGE);
  const judged = readJudged(folder, logits);
  for (const model of models)
    for (const [name, level] of Object.entries(LEVELS)) {
      const verdict = await judge(judged, model, level);
      printVerdict(`${model} ${name}`, judged, verdict);
    }
}

main().catch((cause) => fail(cause.message));
