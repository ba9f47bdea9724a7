'use strict';
// session.js - a model in ONNX Runtime: one thread, options as they are by default.

const { installed } = require('./installed');

const LEVELS = ['disabled', 'basic', 'extended', 'all'];

const ort = installed('onnxruntime-node');

function createSession(model, level = 'all', more = {}) {
  return ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: level,
    logSeverityLevel: 3,
    ...more,
  });
}

// Reproducible values in -2..2.
function randomValues(count) {
  let state = 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
}

// Random values for the only input of a session; what its shape leaves open is `batch`.
function randomFeeds(session, batch) {
  const [{ name, shape }] = session.inputMetadata;
  const sizes = shape.map((size) => (typeof size === 'number' && size > 0 ? size : batch));
  const count = sizes.reduce((product, size) => product * size, 1);
  return { [name]: new ort.Tensor('float32', randomValues(count), sizes) };
}

module.exports = { LEVELS, ort, createSession, randomValues, randomFeeds };
