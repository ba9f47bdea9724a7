'use strict';
// model.js - ONNX models as plain objects: reading, writing, their tensors, and batch
// normalisation folded into the convolution before it.
//
// A network is {model, nodes, tensors}: the ModelProto, its nodes in execution order,
// and its initialisers by name.

const fs = require('fs');
const protobuf = require('protobufjs');

const SCHEMA = process.env.ONNX_PROTO || '/usr/include/onnx/onnx.proto';

// Element types, as TensorProto numbers them.
const FLOAT = 1;
const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;
const INT64 = 7;

const ARRAYS = {
  [FLOAT]: Float32Array,
  [UINT8]: Uint8Array,
  [INT8]: Int8Array,
  [INT32]: Int32Array,
  [INT64]: BigInt64Array,
};

function modelType() {
  if (!fs.existsSync(SCHEMA))
    throw new Error(`there is no ${SCHEMA}; install libonnx-dev, or set ONNX_PROTO`);
  const root = new protobuf.Root().loadSync(SCHEMA, { keepCase: true });
  return root.lookupType('onnx.ModelProto');
}

function decodeModel(bytes) {
  const type = modelType();
  const model = type.toObject(type.decode(bytes), { longs: Number, arrays: true });
  if (!model.graph) throw new Error('there is no graph in it');
  return model;
}

// The constant that a node hands on: a value of its own, or another's by another name,
// as exporters write weights that several layers share. Undefined: it computes.
function constantOf(node, tensors) {
  if (node.op_type === 'Identity') return tensors.get(node.input[0]);
  if (node.op_type !== 'Constant') return undefined;
  return node.attribute.find(({ name }) => name === 'value')?.t;
}

// Constants become initialisers, which are no inputs.
function readNetwork(path) {
  const model = decodeModel(fs.readFileSync(path));
  const { node, initializer, input } = model.graph;
  const tensors = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  const nodes = node.filter((each) => {
    const [name] = each.output;
    const constant = constantOf(each, tensors);
    if (constant) tensors.set(name, { ...constant, name });
    return !constant;
  });
  const inputs = input.filter(({ name }) => !tensors.has(name));
  const graph = { ...model.graph, input: inputs };
  return { model: { ...model, graph }, nodes, tensors };
}

function encodeNetwork({ model, nodes, tensors }) {
  const type = modelType();
  const used = new Set(nodes.flatMap((node) => node.input));
  const initializer = [...tensors.values()].filter(({ name }) => used.has(name));
  const graph = { ...model.graph, node: nodes, initializer };
  return type.encode(type.fromObject({ ...model, graph })).finish();
}

// The same network with more outputs.
function exposing(network, names) {
  const type = { tensor_type: { elem_type: FLOAT } };
  const known = network.model.graph.output;
  const added = names
    .filter((name) => known.every((output) => output.name !== name))
    .map((name) => ({ name, type }));
  const graph = { ...network.model.graph, output: [...known, ...added] };
  return { ...network, model: { ...network.model, graph } };
}

function makeTensor(name, dataType, dims, values) {
  const bytes = Buffer.from(ARRAYS[dataType].from(values).buffer);
  return { name, data_type: dataType, dims, raw_data: bytes };
}

function floatValues(tensor) {
  if (!tensor.raw_data) return Float32Array.from(tensor.float_data);
  // Copied, because a view must start at a multiple of four.
  return new Float32Array(Uint8Array.from(tensor.raw_data).buffer);
}

function attributeOf(node, wanted) {
  return node.attribute.find(({ name }) => name === wanted);
}

function consumersOf(nodes) {
  const consumers = new Map();
  for (const node of nodes)
    for (const name of node.input)
      consumers.set(name, [...(consumers.get(name) || []), node]);
  return consumers;
}

// Weights and bias of a convolution that does the work of the normalisation too:
// scale (x - mean) / sqrt(variance + epsilon) + shift of every channel.
function foldedValues(conv, norm, valuesOf) {
  const [scale, shift, mean, variance] = norm.input.slice(1).map(valuesOf);
  const epsilon = attributeOf(norm, 'epsilon')?.f ?? 1e-5;
  const factors = scale.map((s, c) => s / Math.sqrt(variance[c] + epsilon));
  const weights = valuesOf(conv.input[1]); // [out, in, height, width]
  const perChannel = weights.length / scale.length;
  const bias = conv.input[2] ? valuesOf(conv.input[2]) : new Float32Array(scale.length);
  return {
    weights: weights.map((w, i) => w * factors[Math.floor(i / perChannel)]),
    bias: bias.map((b, c) => shift[c] + (b - mean[c]) * factors[c]),
  };
}

// Adds the folded tensors to `tensors` and returns the convolution that reads them.
function foldInto(conv, norm, tensors) {
  const valuesOf = (name) => floatValues(tensors.get(name));
  const { weights, bias } = foldedValues(conv, norm, valuesOf);
  const { dims } = tensors.get(conv.input[1]);
  const [output] = norm.output;
  const folded = [
    makeTensor(`${output}_weights`, FLOAT, dims, weights),
    makeTensor(`${output}_bias`, FLOAT, [bias.length], bias),
  ];
  folded.forEach((tensor) => tensors.set(tensor.name, tensor));
  const input = [conv.input[0], ...folded.map(({ name }) => name)];
  return { ...conv, input, output: [output] };
}

function foldBatchnorm(network) {
  const tensors = new Map(network.tensors);
  const consumers = consumersOf(network.nodes);
  const normAfter = (node) => {
    const [next, ...others] = consumers.get(node.output[0]) || [];
    const folds = node.op_type === 'Conv' && next?.op_type === 'BatchNormalization';
    return folds && others.length === 0 ? next : undefined;
  };
  const folded = new Set(network.nodes.map(normAfter));
  const nodes = network.nodes
    .filter((node) => !folded.has(node))
    .map((node) => {
      const norm = normAfter(node);
      return norm ? foldInto(node, norm, tensors) : node;
    });
  return { ...network, nodes, tensors };
}

module.exports = {
  FLOAT,
  UINT8,
  INT8,
  INT32,
  INT64,
  decodeModel,
  readNetwork,
  encodeNetwork,
  exposing,
  makeTensor,
  floatValues,
  attributeOf,
  consumersOf,
  foldBatchnorm,
};
