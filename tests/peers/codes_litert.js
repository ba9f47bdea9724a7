'use strict';
// codes_litert.js FOLDER CODES SAMPLES - runs files that give the codes of a tensor each (tests/end_to_end/write_codes.c
// has written CODES) in LiteRT on the first samples of FOLDER (write_logits.c). A line for each tensor:
//
//   D of N codes are others, by X at most: NAME
//
// A failure prints `error` and a sentence, and ends with status 1.

const fs = require('fs');
const path = require('path');
const { fail } = require('./installed');
const { readJudged } = require('./judged');
const { loadLiteRt, runSample } = require('./litert');

const USAGE = 'usage: node codes_litert.js FOLDER CODES SAMPLES';

function readTensors(folder) {
  const text = fs.readFileSync(path.join(folder, 'tensors'), 'utf8');
  return text.trimEnd().split('\n').map((line) => {
    const [numbers, name] = line.split('\t');
    const [number, elements, step] = numbers.split(' ').map(Number);
    const bytes = fs.readFileSync(path.join(folder, `${number}.f32`));
    return { number, elements, step, name, values: new Float32Array(Uint8Array.from(bytes).buffer) };
  });
}

async function compareTensor(litert, judged, folder, samples, tensor) {
  const bytes = fs.readFileSync(path.join(folder, `${tensor.number}.tflite`));
  const model = await litert.loadAndCompile(new Uint8Array(bytes), { accelerator: 'wasm' });
  const [others, largest] = [[], []];
  for (let index = 0; index < samples; index++) {
    const theirs = await runSample(litert, model, judged, index);
    const ours = tensor.values.subarray(index * tensor.elements, (index + 1) * tensor.elements);
    const off = Array.from(theirs, (value, i) => Math.round(Math.abs(value - ours[i]) / tensor.step));
    others.push(off.filter((by) => by > 0).length);
    largest.push(off.reduce((most, by) => Math.max(most, by), 0));
  }
  model.delete();
  const sum = others.reduce((a, b) => a + b, 0);
  console.log(`${sum} of ${samples * tensor.elements} codes are others, by ${Math.max(...largest)} at most: ${tensor.name}`);
}

async function main() {
  const [folder, codes, samples] = process.argv.slice(2);
  if (!samples) fail(USAGE);
  const litert = await loadLiteRt();
  const judged = readJudged(folder, 'logits');
  for (const tensor of readTensors(codes))
    await compareTensor(litert, judged, codes, Number(samples), tensor);
}

main().catch((cause) => fail(cause.message));
