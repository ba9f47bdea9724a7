'use strict';
// model.js - ONNX models as plain objects.

const fs = require('fs');
const protobuf = require('protobufjs');

const SCHEMA = process.env.ONNX_PROTO || '/usr/include/onnx/onnx.proto';

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

module.exports = { decodeModel };
