'use strict';
// dump_outputs.js - reads names of folders from stdin, a line each, and runs the models in them in ONNX
// Runtime, with graph optimisations off and on. FOLDER/samples is what write_logits has written.
//
// Sessions have the options that FOLDER/MODEL.log, what `calq verify` said, asks for.
//
// Of FOLDER/MODEL the outputs go to FOLDER/MODEL.off and FOLDER/MODEL.on, floats. Answers a line for each
// that failed, `error MODEL off SENTENCE`, and then `done`. With `--check` it only tells whether ONNX
// Runtime is there.

const fs = require('fs');
const path = require('path');
const readline = require('readline');
const { installed } = require('../peers/installed');

const MODELS = ['net.onnx', 'exported.onnx', 'exact.onnx'];
const LEVELS = { off: 'disabled', on: 'all' };

const ort = installed('onnxruntime-node');

// What calq stores in 4 bytes, as a model takes it.
const READERS = {
  float32: (buffer) => new Float32Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  int64: (buffer) => BigInt64Array.from(new Int32Array(buffer), BigInt),
};

function readSamples(folder) {
  const text = fs.readFileSync(path.join(folder, 'shape'), 'utf8');
  const { buffer } = Uint8Array.from(fs.readFileSync(path.join(folder, 'samples.f32')));
  return { buffer, dims: text.trim().split(/ +/).map(Number).slice(0, -1) };
}

// Options that `calq verify` names where sessions without them compute something else.
function optionsOf(model) {
  const log = `${model}.log`;
  const said = fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '';
  const names = ['qdq_matmulnbits_accuracy_level', 'x64quantprecision', 'disable_quant_qdq'];
  const needed = names.filter((name) => said.includes(`session.${name}`));
  return { session: Object.fromEntries(needed.map((name) => [name, '1'])) };
}

// All samples at once, or one after the other where the model takes no more.
function batchesOf(session, { buffer, dims }) {
  const [{ type, shape }] = session.inputMetadata;
  const data = READERS[type](buffer);
  if (shape[0] !== 1) return [new ort.Tensor(type, data, dims)];
  const size = data.length / dims[0];
  return Array.from({ length: dims[0] }, (_, i) => {
    const values = data.slice(i * size, (i + 1) * size);
    return new ort.Tensor(type, values, [1, ...dims.slice(1)]);
  });
}

async function dump(model, level, samples, file) {
  const session = await ort.InferenceSession.create(model, {
    extra: optionsOf(model),
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: level,
    logSeverityLevel: 4,
  });
  const parts = [];
  for (const batch of batchesOf(session, samples)) {
    const results = await session.run({ [session.inputNames[0]]: batch });
    const { data } = results[session.outputNames[0]];
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  }
  fs.writeFileSync(file, Buffer.concat(parts));
  await session.release();
}

async function judge(folder) {
  const samples = readSamples(path.join(folder, 'samples'));
  for (const name of MODELS) {
    const model = path.join(folder, name);
    if (!fs.existsSync(model)) continue;
    for (const [short, level] of Object.entries(LEVELS)) {
      try {
        await dump(model, level, samples, `${model}.${short}`);
      } catch (cause) {
        console.log(`error ${name} ${short} ${cause.message.replace(/\s*\n\s*/g, ' ')}`);
      }
    }
  }
}

async function main() {
  if (process.argv[2] === '--check') return;
  for await (const folder of readline.createInterface({ input: process.stdin })) {
    await judge(folder).catch((cause) => console.log(`error ${cause.message}`));
    console.log('done');
  }
}

main();
