'use strict';
// judged.js - samples, labels and logits that tests/end_to_end/write_logits.c has written, and how a runtime's compare.

const fs = require('fs');
const path = require('path');

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

// The bytes of some samples of an input, read as they are needed: a few hundred images may fill the memory.
function readSamples({ sizes, file }, first, count) {
  const elements = sizes.reduce((product, size) => product * size, 1);
  const bytes = Buffer.alloc(count * elements * 4);
  const opened = fs.openSync(file);
  fs.readSync(opened, bytes, 0, bytes.length, first * elements * 4);
  fs.closeSync(opened);
  return bytes;
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

const newVerdict = () => ({ equal: 0, right: 0, rightByCalq: 0, difference: 0 });

function printVerdict(what, judged, verdict) {
  console.log(
    `${what} ${judged.count * judged.places} samples, ${verdict.equal} equal predictions, ` +
      `${verdict.right} right, ${verdict.rightByCalq} right by calq, ` +
      `largest difference of logits ${verdict.difference.toPrecision(3)}`,
  );
}

module.exports = { readJudged, readSamples, compare, newVerdict, printVerdict };
