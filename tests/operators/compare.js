'use strict';
// compare.js - reads the lines of make_cases from stdin, runs the networks in ONNX Runtime, and tells of each
// operator how far calq's outputs are from its.
//
// Two outputs are alike where they differ by at most LIMIT x (magnitude + the mean magnitude of all outputs).
// An operator passes where all cases are alike and calq refuses at most a fifth of what ONNX Runtime runs.
// With `--check` it only tells whether ONNX Runtime is there.

const fs = require('fs');
const readline = require('readline');
const { installed } = require('../peers/installed');

const LIMIT = 1e-4;
const REFUSED_MOST = 0.2;
const SHOWN = 6;

const ort = installed('onnxruntime-node');

// ---- one case -------------------------------------------------------------------------------------------

const ARRAYS = { float: Float32Array, int32: Int32Array, int64: BigInt64Array };
const TYPES = { float: 'float32', int32: 'int32', int64: 'int64' };

function readArray(file, type) {
  return new ARRAYS[type](Uint8Array.from(fs.readFileSync(file)).buffer);
}

async function runtimeOutputs({ base, inputs }) {
  const session = await ort.InferenceSession.create(`${base}.onnx`, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
  });
  const feeds = {};
  for (const { name, type, dims } of inputs) {
    feeds[name] = new ort.Tensor(TYPES[type], readArray(`${base}.${name}`, type), dims);
  }
  const { data } = (await session.run(feeds))[session.outputNames[0]];
  await session.release();
  return data;
}

// How far apart they are, in units of what two outputs may differ by at 1; equal infinities are alike.
function differenceOf(ours, theirs) {
  let largest = 0;
  const finite = theirs.filter(Number.isFinite);
  const mean = finite.reduce((sum, value) => sum + Math.abs(value), 0) / (finite.length || 1);
  for (let i = 0; i < theirs.length; i++) {
    if (Object.is(ours[i], theirs[i]) || ours[i] === theirs[i]) continue;
    const difference = Math.abs(ours[i] - theirs[i]) / (Math.abs(theirs[i]) + mean);
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }
  return largest;
}

const oneLine = (text) => text.replace(/\s*\n\s*/g, ' ');

// What became of a case: { difference }, { refused }, { unknown } to ONNX Runtime, or { wrong }.
async function judge(one) {
  let theirs;
  const refusal = `${one.base}.refused`;
  const refused = fs.existsSync(refusal) && fs.readFileSync(refusal, 'utf8');
  if (refused && !one.inputs.length) return { refused };
  try {
    theirs = await runtimeOutputs(one);
  } catch (cause) {
    return { unknown: oneLine(cause.message) };
  }
  if (refused) return { refused };
  const ours = readArray(`${one.base}.calq`, 'float');
  if (ours.length !== theirs.length) {
    return { wrong: `${ours.length} outputs, not ${theirs.length}` };
  }
  const difference = differenceOf(ours, theirs);
  if (difference <= LIMIT) return { difference };
  return { wrong: `outputs differ by ${difference.toExponential(1)} of their magnitude` };
}

// ---- an operator ----------------------------------------------------------------------------------------

// Sentences without what differs from case to case, each with how often and where it is told.
function shownSentences(sentences) {
  const groups = new Map();
  for (const { base, text } of sentences) {
    const short = text.replace(`${base}.onnx: `, '');
    const key = short.replace(/-?\d+(\.\d+)?(e[-+]?\d+)?/g, '#');
    const group = groups.get(key) || { count: 0, short, base };
    group.count += 1;
    groups.set(key, group);
  }
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count);
  return sorted
    .slice(0, SHOWN)
    .map(({ count, short, base }) => `         ${count} x ${short.slice(0, 300)} (${base})`);
}

function tell(name, results) {
  const of = (kind) =>
    results.filter((one) => one[kind]).map((one) => ({ base: one.base, text: one[kind] }));
  const wrong = of('wrong');
  const refused = of('refused');
  const unknown = of('unknown');
  const died = of('died');
  const compared = results.filter((one) => 'difference' in one);
  const known = results.length - unknown.length;
  const isGood =
    !wrong.length &&
    !died.length &&
    compared.length > 0 &&
    refused.length <= REFUSED_MOST * known &&
    unknown.length <= REFUSED_MOST * results.length;
  const largest = Math.max(0, ...compared.map((one) => one.difference));
  console.log(
    `${isGood ? 'ok      ' : 'FAILED  '} ${name}: ${compared.length} cases compute the same, to ` +
      `${largest.toExponential(1)}; ${wrong.length} do not, ${refused.length} are refused` +
      (unknown.length ? `, ${unknown.length} ONNX Runtime cannot run` : ''),
  );
  for (const list of [died, wrong, refused, unknown]) {
    for (const line of shownSentences(list)) console.log(line);
  }
  return isGood;
}

// ---- all of them ----------------------------------------------------------------------------------------

async function main() {
  if (process.argv[2] === '--check') return;
  const counts = { good: 0, bad: 0 };
  let name;
  let results = [];
  const finish = () => {
    if (name) counts[tell(name, results) ? 'good' : 'bad'] += 1;
    results = [];
  };
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (!line.startsWith('{')) {
      results.push({ base: '', died: line });
      continue;
    }
    const one = JSON.parse(line);
    if (one.operator) {
      finish();
      name = one.operator;
    } else {
      results.push({ base: one.base, ...(await judge(one)) });
    }
  }
  finish();
  console.log(`${counts.good} passed, ${counts.bad} failed`);
  process.exitCode = counts.bad ? 1 : 0;
}

main();
