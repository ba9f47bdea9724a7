'use strict';
// judge_litert.js FOLDER MODEL... - runs files of TensorFlow Lite in LiteRT on samples, and compares with what calq has
// made of them (tests/end_to_end/write_logits.c has written FOLDER). For each a line:
//
//   MODEL N samples, E equal predictions, C right, Q right by calq, largest difference of logits X
//
// A failure prints `error` and a sentence, and ends with status 1.

const fs = require('fs');
const { fail } = require('./installed');
const { readJudged, compare, newVerdict, printVerdict } = require('./judged');
const { loadLiteRt, runSample } = require('./litert');

const USAGE = 'usage: node judge_litert.js FOLDER MODEL...';

async function main() {
  const [folder, ...files] = process.argv.slice(2);
  if (files.length === 0) fail(USAGE);
  const litert = await loadLiteRt();
  const judged = readJudged(folder, 'logits');
  for (const file of files) {
    const model = await litert.loadAndCompile(new Uint8Array(fs.readFileSync(file)), {
      accelerator: 'wasm',
    });
    const verdict = newVerdict();
    for (let index = 0; index < judged.count; index++)
      compare(judged, index, 1, await runSample(litert, model, judged, index), verdict);
    model.delete();
    printVerdict(file, judged, verdict);
  }
}

main().catch((cause) => fail(cause.message));
