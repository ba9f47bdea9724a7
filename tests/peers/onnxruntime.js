'use strict';
// onnxruntime.js MODEL BATCH [INPUT=MOST...] - runs a network in ONNX Runtime, in one
// thread, for a benchmark that takes turns between programs. Values are random; those of
// an input of integers are named numbers from 0 to MOST. MODEL is removed once it is read.
//
// Prints `ready ONNX Runtime VERSION int8`, then answers on standard input:
//
//   round R   runs the batch R times; prints the CPU seconds of one run
//   quit      ends, as the end of the input does
//
// A file that is made for batches of B samples runs in these, as often as gives BATCH
// samples; the line says `in batches of B` then.
//
// A failure prints `error` and a sentence, and ends with status 1.

const fs = require('fs');
const readline = require('readline');
const { fail, installed } = require('./installed');

const { ort, createSession, randomValues } = installed('./session');

const USAGE = 'usage: node onnxruntime.js MODEL BATCH [INPUT=MOST...]';
const WARM_UP_MS = 200;
// It would pull QuantizeLinear in front of a max pool that is faster in float.
const OPTIONS = {
  extra: {
    optimization: { disable_specified_optimizers: 'QDQPropagationTransformer' },
  },
};

function readArguments([model, batch, ...limits]) {
  const count = Number(batch);
  if (!Number.isInteger(count) || count <= 0) throw new Error(USAGE);
  const most = limits.map((limit) => {
    const [, name, number] = /^(.*)=(\d+)$/.exec(limit) ?? [];
    if (!name) throw new Error(USAGE);
    return [name, Number(number)];
  });
  return { model, batch: count, most: new Map(most) };
}

// Libraries say why something fails; this adds what was done, and what to do.
async function explained(problem, action, advice) {
  try {
    return await action();
  } catch (cause) {
    throw new Error(`${problem} (${cause.message}); ${advice}`);
  }
}

function open(model) {
  const bytes = fs.readFileSync(model);
  fs.unlinkSync(model);
  const action = () => createSession(bytes, 'all', OPTIONS);
  const advice = 'does it run the float network?';
  return explained('ONNX Runtime refuses the quantized network', action, advice);
}

function firstRun(session, feeds) {
  const action = () => session.run(feeds);
  const advice = 'does it run the float network?';
  return explained('ONNX Runtime cannot run the quantized network', action, advice);
}

// Random numbers 0..most, of which there may be no more than memory rows.
function randomNumbers(type, count, most) {
  const numbers = randomValues(count).map((value) => Math.floor(((value + 2) / 4) * most));
  return type === 'int64' ? BigInt64Array.from(numbers, BigInt) : Int32Array.from(numbers);
}

// What the shape leaves open is the batch.
function randomInput({ name, type, shape }, batch, most) {
  const sizes = shape.map((size) => (typeof size === 'number' && size > 0 ? size : batch));
  const count = sizes.reduce((product, size) => product * size, 1);
  const limit = most.get(name);
  const values = limit === undefined ? randomValues(count) : randomNumbers(type, count, limit);
  return new ort.Tensor(type, values, sizes);
}

// The samples of a batch that the file fixes, or undefined.
function fixedBatch(session) {
  const { shape } = session.inputMetadata[0];
  const isOpen = shape.some((size) => typeof size !== 'number' || size <= 0);
  return isOpen ? undefined : shape[0];
}

async function warmUp(runBatch) {
  const end = Date.now() + WARM_UP_MS;
  while (Date.now() < end) await runBatch();
}

async function cpuSeconds(runOnce, times) {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await runOnce();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / times;
}

// `runs` are those of a batch, and need not be whole.
async function answer(request, runOnce, runs) {
  const rounds = Number(/^round ([1-9]\d*)$/.exec(request)?.[1]);
  if (!rounds) throw new Error(`unknown request "${request}": say round R, or quit`);
  const seconds = await cpuSeconds(runOnce, Math.ceil(rounds * runs));
  return (seconds * runs).toFixed(9);
}

async function main() {
  const { model, batch, most } = readArguments(process.argv.slice(2));
  const session = await open(model);
  const feeds = {};
  for (const input of session.inputMetadata)
    feeds[input.name] = randomInput(input, batch, most);
  const runOnce = () => session.run(feeds);
  await firstRun(session, feeds);
  await warmUp(runOnce);
  const fixed = fixedBatch(session);
  const inBatches = fixed && fixed !== batch ? ` in batches of ${fixed}` : '';
  console.log(`ready ONNX Runtime ${ort.env.versions.node} int8${inBatches}`);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line === 'quit') break;
    console.log(await answer(line, runOnce, fixed ? batch / fixed : 1));
  }
}

main().catch((cause) => fail(cause.message));
