'use strict';
// compare.js FLOAT MODEL... [--batch N] [--rounds N] - how fast ONNX Runtime runs models
// beside the float one: one thread, default options, random inputs, rounds in turns.
//
// Prints for each model the medians of CPU time of one run, and the median of the ratios
// of neighbouring rounds:
//
//   MODEL 0.512 ms, float 1.204 ms: 2.35 x (of 21 rounds, batch 1)
//
// A failure prints `error` and a sentence, and ends with status 1.

const { parseArgs } = require('util');
const { fail } = require('./installed');
const { createSession, randomFeeds } = require('./session');

const USAGE = 'usage: node compare.js FLOAT MODEL... [--batch N] [--rounds N]';
const ROUND_SECONDS = 0.05;
const OPTIONS = {
  batch: { type: 'string', default: '1' },
  rounds: { type: 'string', default: '21' },
};

function readArguments() {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const counts = [Number(values.batch), Number(values.rounds)];
  if (positionals.length < 2 || !counts.every((n) => Number.isInteger(n) && n > 0))
    throw new Error(USAGE);
  const [float, ...models] = positionals;
  return { float, models, batch: counts[0], rounds: counts[1] };
}

async function cpuSeconds(run, times) {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / times;
}

// What runs a model, and how often a round does it.
async function prepare(model, batch) {
  const session = await createSession(model);
  const feeds = randomFeeds(session, batch);
  const run = () => session.run(feeds);
  await run();
  const seconds = await cpuSeconds(run, 3);
  return { run, times: Math.max(1, Math.ceil(ROUND_SECONDS / seconds)) };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

async function compare(float, model, { batch, rounds }) {
  const both = [await prepare(float, batch), await prepare(model, batch)];
  const seconds = [[], []];
  for (let round = 0; round < rounds; round++)
    for (const [i, { run, times }] of both.entries())
      seconds[i].push(await cpuSeconds(run, times));
  const ratios = seconds[0].map((of, round) => of / seconds[1][round]);
  const [ofFloat, ofModel] = seconds.map((list) => (median(list) * 1e3).toPrecision(4));
  console.log(
    `${model} ${ofModel} ms, float ${ofFloat} ms: ${median(ratios).toFixed(2)} x ` +
      `(of ${rounds} rounds, batch ${batch})`,
  );
}

async function main() {
  const { float, models, ...how } = readArguments();
  for (const model of models) await compare(float, model, how);
}

main().catch((cause) => fail(cause.message));
