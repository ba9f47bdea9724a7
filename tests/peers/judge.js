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

const fs = require('fs');
const path = require('path');
const { fail } = require('./installed');
const { ort, createSession } = require('./session');

const USAGE = 'usage: node judge.js FOLDER logits|float MODEL...';
const BATCH = 50;
const LEVELS = { off: 'disabled', on: 'all' };

// As `calq verify` says: CPUs with AVX2 that have no VNNI saturate sums of two products without it.
const EXACT_PRODUCTS = { extra: { session: { x64quantprecision: '1' } } };

function readNumbers(file, Numbers) {
  return new Numbers(Uint8Array.from(fs.readFileSync(file)).buffer);
}

// Name, sizes and file of each input.
function readInputs(folder) {
  const text = fs.readFileSync(path.join(folder, 'inputs'), 'utf8');
  return text.trimEnd().split('\n').map((line, index) => {
    const [sizes, name] = line.split('\t');
    return {
      name,
      sizes: sizes.split(' ').filter(Boolean).map(Number),
      file: path.join(folder, index ? `samples.${index}.f32` : 'samples.f32'),
    };
  });
}

function readJudged(folder, logits) {
  const text = fs.readFileSync(path.join(folder, 'shape'), 'utf8');
  const shape = text.trim().split(' ').map(Number);
  const file = (name) => path.join(folder, name);
  return {
    count: shape[0],
    inputs: readInputs(folder),
    outputs: shape[shape.length - 1],
    places: Number(fs.readFileSync(file('places'), 'utf8')),
    labels: readNumbers(file('labels.i32'), Int32Array),
    logits: readNumbers(file(`${logits}.f32`), Float32Array),
  };
}

// What calq stores in 4 bytes, as the model takes it.
function tensorOf(type, { buffer, byteOffset }, elements, sizes) {
  if (type === 'float32')
    return new ort.Tensor(type, new Float32Array(buffer, byteOffset, elements), sizes);
  const integers = new Int32Array(buffer, byteOffset, elements);
  return type === 'int64'
    ? new ort.Tensor(type, BigInt64Array.from(integers, BigInt), sizes)
    : new ort.Tensor(type, integers, sizes);
}

// Samples are read as they are needed: a few hundred images may fill the memory.
function readBatch({ sizes, file }, type, first, count) {
  const elements = sizes.reduce((product, size) => product * size, 1);
  const bytes = Buffer.alloc(count * elements * 4);
  const opened = fs.openSync(file);
  fs.readSync(opened, bytes, 0, bytes.length, first * elements * 4);
  fs.closeSync(opened);
  return tensorOf(type, bytes, count * elements, [count, ...sizes]);
}

function prediction(logits, first, classes) {
  if (classes === 1) return Number(logits[first] > 0);
  let best = 0;
  for (let i = 1; i < classes; i++)
    if (logits[first + i] > logits[first + best]) best = i;
  return best;
}

function compare(judged, first, count, logits, verdict) {
  const { outputs, places } = judged;
  const classes = outputs / places;
  const from = first * outputs;
  for (let i = 0; i < count * outputs; i++) {
    const difference = Math.abs(logits[i] - judged.logits[from + i]);
    if (!(difference <= verdict.difference)) verdict.difference = difference;
  }
  for (let i = 0; i < count * places; i++) {
    const ours = prediction(judged.logits, from + i * classes, classes);
    const theirs = prediction(logits, i * classes, classes);
    const label = judged.labels[first * places + i];
    verdict.equal += ours === theirs;
    verdict.right += theirs === label;
    verdict.rightByCalq += ours === label;
  }
}

async function judge(judged, model, level) {
  const session = await createSession(model, level, EXACT_PRODUCTS);
  const [output] = session.outputNames;
  const types = Object.fromEntries(session.inputMetadata.map(({ name, type }) => [name, type]));
  const verdict = { equal: 0, right: 0, rightByCalq: 0, difference: 0 };
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
      console.log(
        `${model} ${name} ${judged.count * judged.places} samples, ${verdict.equal} equal predictions, ` +
          `${verdict.right} right, ${verdict.rightByCalq} right by calq, ` +
          `largest difference of logits ${verdict.difference.toPrecision(3)}`,
      );
    }
}

main().catch((cause) => fail(cause.message));
