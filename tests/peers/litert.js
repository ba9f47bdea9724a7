'use strict';
// litert.js - LiteRT (TensorFlow Lite) for JavaScript, whose WebAssembly expects a browser, in Node.

const fs = require('fs');
const path = require('path');
const vm = require('vm');
const { fail } = require('./installed');
const { readSamples } = require('./judged');

const PACKAGE = path.join(__dirname, 'node_modules', '@litertjs', 'core');

// What the package asks a browser for: a worker that loads scripts, and who it is. It says on standard output and
// error what it registers, and that there is no graphics card.
function pretendToBeABrowser(folder) {
  globalThis.self = globalThis;
  globalThis.require = require;
  globalThis.__filename = path.join(folder, 'litert_wasm_internal.js');
  globalThis.__dirname = folder;
  globalThis.importScripts = (file) =>
    vm.runInThisContext(fs.readFileSync(file, 'utf8'), { filename: file });
  console.info = console.warn = console.error = () => {};
}

async function loadLiteRt() {
  if (!fs.existsSync(PACKAGE))
    fail(`Cannot find module '@litertjs/core': run npm install --ignore-scripts in ${__dirname}`);
  const wasm = path.join(PACKAGE, 'wasm', path.sep);
  pretendToBeABrowser(wasm);
  const litert = await import(path.join(PACKAGE, 'dist', 'index.js'));
  await litert.loadLiteRt(wasm);
  return litert;
}

// Channels stand first in the samples of an image, and last in the file.
function channelsLast(values, sizes) {
  if (sizes.length !== 3) return values;
  const [channels, height, width] = sizes;
  const pixels = height * width;
  const turned = new Float32Array(values.length);
  for (let channel = 0; channel < channels; channel++)
    for (let pixel = 0; pixel < pixels; pixel++)
      turned[pixel * channels + channel] = values[channel * pixels + pixel];
  return turned;
}

function inputOf(litert, input, index) {
  const bytes = readSamples(input, index, 1);
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const { sizes } = input;
  const dims = sizes.length === 3 ? [sizes[1], sizes[2], sizes[0]] : sizes;
  return new litert.Tensor(channelsLast(values, sizes), [1, ...dims]);
}

// What a model gives of sample `index`. Tensors of the WebAssembly's memory are given back sample by sample.
async function runSample(litert, model, judged, index) {
  const inputs = judged.inputs.map((input) => inputOf(litert, input, index));
  const [output] = await model.run(inputs);
  const values = (await output.data()).slice();
  for (const tensor of [...inputs, output]) tensor.delete();
  return values;
}

module.exports = { loadLiteRt, runSample };
