'use strict';
// qdq.js - an int8 network for ONNX Runtime from a float one, in the QDQ form that it
// fuses best: QuantizeLinear writes a quantized tensor, DequantizeLinear reads it.
//
// The first and the last layer stay in float, as they do in calq. Activations are u8,
// weights int8 with a scale of every output channel, biases int32. What ONNX Runtime
// makes of it are QLinearConv and QLinearAdd, with channels last.

const {
  FLOAT,
  UINT8,
  INT8,
  INT32,
  INT64,
  makeTensor,
  floatValues,
  attributeOf,
  consumersOf,
} = require('./model');

const LAYERS = new Set(['Conv', 'Gemm', 'MatMul']);
const ACTIVATIONS = new Set(['Relu', 'Clip']);
// These move or select values, so they work on codes as well.
const MOVES = new Set(['Slice', 'Pad', 'MaxPool', 'Concat']);

// ---- which tensors are quantized ---------------------------------------------------

// All layers but the last and those that read the network's input.
function quantizedLayers({ model, nodes, tensors }) {
  const inputs = new Set(model.graph.input.map(({ name }) => name));
  return nodes
    .filter((node) => LAYERS.has(node.op_type) && tensors.has(node.input[1]))
    .slice(0, -1)
    .filter((node) => !inputs.has(node.input[0]));
}

// Where a node's result is complete: behind the activation that ends it, if any.
function settledOutput(node, consumers) {
  const [output] = node.output;
  const [next, ...others] = consumers.get(output) || [];
  const ends = next && others.length === 0 && ACTIVATIONS.has(next.op_type);
  return ends ? next.output[0] : output;
}

function movedInputs(node) {
  return node.op_type === 'Concat' ? node.input : node.input.slice(0, 1);
}

// What to quantize: the layers, the nodes that move codes, the tensors that have codes
// (coded), and those of them that come out of float into a convolution (entering).
function planOf(network) {
  const { nodes, tensors } = network;
  const consumers = consumersOf(nodes);
  const layers = quantizedLayers(network);
  const read = new Set(layers.map((node) => node.input[0]));
  const written = new Set(layers.map((node) => settledOutput(node, consumers)));
  const moving = new Set();
  const isCoded = (name) => read.has(name) || written.has(name);
  const addsCodes = ({ op_type: type, input }) =>
    type === 'Add' && input.some(isCoded) && !input.some((name) => tensors.has(name));
  for (const node of nodes) {
    if (MOVES.has(node.op_type) && movedInputs(node).every(isCoded)) {
      moving.add(node);
      written.add(node.output[0]);
    } else if (addsCodes(node)) {
      node.input.forEach((name) => read.add(name));
      written.add(settledOutput(node, consumers));
    }
  }
  const entering = layers
    .filter((node) => node.op_type === 'Conv' && !written.has(node.input[0]))
    .map((node) => node.input[0]);
  return {
    layers: new Set(layers),
    moving,
    coded: new Set([...read, ...written]),
    entering: new Set(entering),
  };
}

// ---- scales ------------------------------------------------------------------------

// One range for all tensors that a moving node connects, because it keeps the codes.
function sharedRanges(moving, measured) {
  const ranges = new Map(measured);
  const groups = [...moving].map((node) => [...movedInputs(node), ...node.output]);
  const share = (group) => {
    const min = Math.min(...group.map((name) => ranges.get(name).min));
    const max = Math.max(...group.map((name) => ranges.get(name).max));
    group.forEach((name) => ranges.set(name, { min, max }));
  };
  // A range passes at least one node on at each turn.
  groups.forEach(() => groups.forEach(share));
  return ranges;
}

// Where nothing is negative the zero point is 0, and codes do the work of a Relu.
function quantizerOf(range) {
  const min = Math.min(range.min, 0);
  const scale = (Math.max(range.max, 0) - min) / 255 || 1;
  return { scale, zero: Math.round(-min / scale) };
}

// Symmetric int8 codes with a scale of every slice along the axis.
function quantizeWeights(tensor, axis) {
  const values = floatValues(tensor);
  const inner = tensor.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const channelOf = (i) => Math.floor(i / inner) % tensor.dims[axis];
  const limits = new Float32Array(tensor.dims[axis]);
  values.forEach((value, i) => {
    limits[channelOf(i)] = Math.max(limits[channelOf(i)], Math.abs(value));
  });
  const scales = limits.map((limit) => limit / 127 || 1);
  const codes = values.map((value, i) => Math.round(value / scales[channelOf(i)]));
  return { codes, scales };
}

// The axis of a layer's weights that counts its outputs.
function outputAxis(node, weights) {
  if (node.op_type === 'Conv') return 0;
  if (node.op_type === 'Gemm') return attributeOf(node, 'transB')?.i ? 0 : 1;
  return weights.dims.length - 1;
}

// ---- the new graph -----------------------------------------------------------------

function integer(name, value) {
  return { name, type: 'INT', i: value };
}

function integers(name, values) {
  return { name, type: 'INTS', ints: values };
}

// Collects the nodes and tensors of the quantized network.
class Rewriter {
  constructor(network, plan, ranges) {
    this.plan = plan;
    this.nodes = [];
    this.tensors = new Map(network.tensors);
    this.quantizers = new Map();
    this.readable = new Set();
    for (const name of plan.coded)
      this.addQuantizer(name, quantizerOf(ranges.get(name)));
  }

  addTensor(name, type, dims, values) {
    this.tensors.set(name, makeTensor(name, type, dims, values));
    return name;
  }

  addNode(opType, input, output, ...attribute) {
    const name = `${output}_${opType}`;
    this.nodes.push({ op_type: opType, name, input, output: [output], attribute });
    return output;
  }

  addQuantizer(name, quantizer) {
    this.quantizers.set(name, quantizer);
    this.addTensor(`${name}_scale`, FLOAT, [], [quantizer.scale]);
    this.addTensor(`${name}_zero`, UINT8, [], [quantizer.zero]);
  }

  quantize(name) {
    const enters = this.plan.entering.has(name);
    const codes = enters ? `${name}_entering` : `${name}_codes`;
    this.addNode('QuantizeLinear', [name, `${name}_scale`, `${name}_zero`], codes);
    if (enters) this.turnChannelsLast(codes, `${name}_codes`);
  }

  // ONNX Runtime moves channels to the end, and lets an Add follow only if both addends
  // have them there already; a residual that starts in float would hold up the whole
  // chain. So the codes are turned and back; the Reshape, which changes nothing, keeps
  // the two from cancelling each other.
  turnChannelsLast(from, to) {
    const [last, kept] = [`${to}_last`, `${to}_kept`];
    const shape = this.addTensor(`${to}_shape`, INT64, [4], [0n, 0n, 0n, 0n]);
    this.addNode('Transpose', [from], last, integers('perm', [0, 2, 3, 1]));
    this.addNode('Reshape', [last, shape], kept);
    this.addNode('Transpose', [kept], to, integers('perm', [0, 3, 1, 2]));
  }

  // The name under which a node reads a tensor in float.
  inFloat(name) {
    if (!this.plan.coded.has(name)) return name;
    const output = `${name}_read`;
    if (!this.readable.has(name)) {
      const input = [`${name}_codes`, `${name}_scale`, `${name}_zero`];
      this.addNode('DequantizeLinear', input, output);
      this.readable.add(name);
    }
    return output;
  }

  // A constant as codes; returns the name under which a node reads it in float.
  codedConstant(name, type, dims, codes, scales, axis) {
    const zeros = new Array(scales.length).fill(0);
    const input = [
      this.addTensor(`${name}_codes`, type, dims, codes),
      this.addTensor(`${name}_scale`, FLOAT, [scales.length], scales),
      this.addTensor(`${name}_zero`, type, [scales.length], zeros),
    ];
    const alongAxis = integer('axis', axis);
    return this.addNode('DequantizeLinear', input, `${name}_read`, alongAxis);
  }

  layer(node) {
    const [input, weightName, biasName] = node.input;
    const [output] = node.output;
    const weights = this.tensors.get(weightName);
    const axis = outputAxis(node, weights);
    const { codes, scales } = quantizeWeights(weights, axis);
    const constants = [
      this.codedConstant(`${output}_w`, INT8, weights.dims, codes, scales, axis),
    ];
    if (biasName) {
      const bias = floatValues(this.tensors.get(biasName));
      const steps = scales.map((scale) => scale * this.quantizers.get(input).scale);
      const sums = bias.map((value, i) => Math.round(value / steps[i]));
      const dims = [bias.length];
      constants.push(this.codedConstant(`${output}_b`, INT32, dims, sums, steps, 0));
    }
    this.nodes.push({ ...node, input: [this.inFloat(input), ...constants] });
  }

  move(node) {
    const codesOf = (name) => (this.plan.coded.has(name) ? `${name}_codes` : name);
    const input = node.input.map(codesOf);
    if (node.op_type === 'Pad') input[2] = this.padding(node);
    this.nodes.push({ ...node, input, output: node.output.map(codesOf) });
  }

  // The value that Pad adds, as a code.
  padding(node) {
    const { scale, zero } = this.quantizers.get(node.input[0]);
    const constant = this.tensors.get(node.input[2]);
    const value = constant ? floatValues(constant)[0] : 0;
    const code = Math.round(value / scale) + zero;
    return this.addTensor(`${node.output[0]}_padding`, UINT8, [], [code]);
  }

  rewrite(node) {
    if (this.plan.moving.has(node)) {
      this.move(node);
      return;
    }
    if (this.plan.layers.has(node)) {
      this.layer(node);
    } else {
      const input = node.input.map((name) => this.inFloat(name));
      this.nodes.push({ ...node, input });
    }
    const [output] = node.output;
    if (this.plan.coded.has(output)) this.quantize(output);
  }
}

// The int8 form of a network whose batch normalisation is folded.
//
//   plan      of planOf(network)
//   measured  name -> {min, max} of every tensor in plan.coded
function quantizeNetwork(network, plan, measured) {
  const ranges = sharedRanges(plan.moving, measured);
  const rewriter = new Rewriter(network, plan, ranges);
  network.nodes.forEach((node) => rewriter.rewrite(node));
  return { ...network, nodes: rewriter.nodes, tensors: rewriter.tensors };
}

module.exports = { planOf, quantizeNetwork };
