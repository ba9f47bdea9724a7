'use strict';
// installed.js - modules that may not be installed, and failures in one sentence.

function fail(sentence) {
  console.log(`error ${sentence.replace(/\s*\n\s*/g, ' ')}`);
  process.exit(1);
}

// A module, or the end of the program with what to do.
function installed(name) {
  try {
    return require(name);
  } catch (cause) {
    const [reason] = cause.message.split('\n');
    return fail(`${reason}: run npm install --ignore-scripts in ${__dirname}`);
  }
}

module.exports = { fail, installed };
