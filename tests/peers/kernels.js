'use strict';
// kernels.js MODEL... - what ONNX Runtime makes of models: at every level of graph
// optimisation that a session can be made, and the integer kernels of the last one.
//
// For each model a line `MODEL loads LEVEL...`, then one a kind of node of the optimised
// graph that multiplies, integers first:
//
//   MODEL integer QLinearConv 10
//   MODEL float Conv 2
//
// A failure prints `error` and a sentence, and ends with status 1.

const fs = require('fs');
const os = require('os');
const path = require('path');
const { fail, installed } = require('./installed');
const { LEVELS, createSession } = require('./session');

const USAGE = 'usage: node kernels.js MODEL...';
const INTEGER = new Set([
  'QLinearConv',
  'QGemm',
  'QLinearMatMul',
  'MatMulIntegerToFloat',
  'DynamicQuantizeMatMul',
  'ConvInteger',
]);
const FLOAT = new Set(['Conv', 'FusedConv', 'Gemm', 'FusedGemm', 'MatMul', 'FusedMatMul', 'MatMulNBits']);

const { decodeModel } = installed('./model');

// The nodes of the graph that is run at the highest level.
async function optimisedNodes(model) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kernels-'));
  try {
    const file = path.join(folder, 'optimised.onnx');
    await (await createSession(model, 'all', { optimizedModelFilePath: file })).release();
    return decodeModel(fs.readFileSync(file)).graph.node;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

function countOf(nodes, operators) {
  const counts = new Map();
  for (const { op_type: operator } of nodes)
    if (operators.has(operator)) counts.set(operator, (counts.get(operator) || 0) + 1);
  return counts;
}

async function kernelsOf(model) {
  const nodes = await optimisedNodes(model);
  return { integer: countOf(nodes, INTEGER), float: countOf(nodes, FLOAT) };
}

async function tell(model) {
  for (const level of LEVELS) await (await createSession(model, level)).release();
  console.log(`${model} loads ${LEVELS.join(' ')}`);
  for (const [kind, counts] of Object.entries(await kernelsOf(model)))
    for (const [operator, count] of counts)
      console.log(`${model} ${kind} ${operator} ${count}`);
}

async function main() {
  const models = process.argv.slice(2);
  if (models.length === 0) fail(USAGE);
  for (const model of models) await tell(model);
}

main().catch((cause) => fail(cause.message));
