'use strict';
// onnxruntime.js MODEL BATCH [int8|float] - runs a network in ONNX Runtime, in one
// thread, for a benchmark that takes turns between programs.
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

const path = require('path');
const readline = require('readline');
const { fail, installed } = require('./installed');

const USAGE = 'usage: node onnxruntime.js MODEL BATCH [int8|float]';
const CALIBRATION_BATCH = 4;
const WARM_UP_MS = 200;
const SESSION_OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
  // It would pull QuantizeLinear in front of a max pool that is faster in float.
  extra: {
    optimization: { disable_specified_optimizers: 'QDQPropagationTransformer' },
  },
};

const ort = installed('onnxruntime-node');
const onnx = installed('./model');
const { planOf, quantizeNetwork } = installed('./qdq');

function readArguments([model, batch, form = 'int8', ...more]) {
  const count = Number(batch);
  const isCount = Number.isInteger(count) && count > 0;
  if (!isCount || !['int8', 'float'].includes(form) || more.length > 0)
    throw new Error(USAGE);
  return { model, batch: count, form };
}

// Libraries say why something fails; this adds where, and what to do.
async function explained(problem, action, advice) {
  try {
    return await action();
  } catch (cause) {
    throw new Error(`${problem} (${cause.message}); ${advice}`);
  }
}

function read(file) {
  const action = () => onnx.readNetwork(file);
  return explained(`cannot read ${file}`, action, 'name a float ONNX model');
}

function createSession(bytes, file) {
  const action = () => ort.InferenceSession.create(bytes, SESSION_OPTIONS);
  return explained(`ONNX Runtime refuses ${file}`, action, 'try calq inspect on it');
}

function firstRun(session, feeds) {
  const action = () => session.run(feeds);
  const advice = 'does it run elsewhere?';
  return explained('ONNX Runtime cannot run the model', action, advice);
}

// Reproducible values in -2..2.
function randomValues(count) {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
}

function inputsOf({ model }) {
  const constants = new Set(model.graph.initializer.map(({ name }) => name));
  return model.graph.input.filter(({ name }) => !constants.has(name));
}

function sizesOf({ type }) {
  return type.tensor_type.shape.dim.map((dim) => dim.dim_value);
}

// An input [batch, ...] with random values; a fixed batch stays as it is.
function randomInput({ name, type }, batch) {
  const [fixed, ...sizes] = sizesOf({ type });
  if (type.tensor_type.elem_type !== onnx.FLOAT || sizes.some((size) => !size))
    throw new Error(`the input ${name} is no float image; measure image networks only`);
  const shape = [fixed || batch, ...sizes];
  const count = shape.reduce((product, size) => product * size);
  return new ort.Tensor('float32', randomValues(count), shape);
}

function randomFeeds(network, batch) {
  const feeds = {};
  for (const input of inputsOf(network)) feeds[input.name] = randomInput(input, batch);
  return feeds;
}

function rangeOf(values) {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

async function measureRanges(network, names, file) {
  const exposed = onnx.encodeNetwork(onnx.exposing(network, names));
  const session = await createSession(exposed, file);
  const results = await firstRun(session, randomFeeds(network, CALIBRATION_BATCH));
  await session.release();
  return new Map(names.map((name) => [name, rangeOf(results[name].data)]));
}

async function quantized(network, file) {
  const folded = onnx.foldBatchnorm(network);
  const plan = planOf(folded);
  const ranges = await measureRanges(folded, [...plan.coded], file);
  return quantizeNetwork(folded, plan, ranges);
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
  const { model, batch, form } = readArguments(process.argv.slice(2));
  const file = path.resolve(model);
  const network = await read(file);
  const feeds = randomFeeds(network, batch);
  const measured = form === 'int8' ? await quantized(network, file) : network;
  const session = await createSession(onnx.encodeNetwork(measured), file);
  const runOnce = () => session.run(feeds);
  await firstRun(session, feeds);
  await warmUp(runOnce);
  const [fixed] = sizesOf(inputsOf(network)[0]);
  const inBatches = fixed && fixed !== batch ? ` in batches of ${fixed}` : '';
  console.log(`ready ONNX Runtime ${ort.env.versions.node} ${form}${inBatches}`);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line === 'quit') break;
    console.log(await answer(line, runOnce, fixed ? batch / fixed : 1));
  }
}

main().catch((cause) => fail(cause.message));
