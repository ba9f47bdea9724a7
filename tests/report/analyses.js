// Puts analyses beside a result, in the shape that analyses have: a scan, a surface, a matrix of tensors, and a
// file that is none. Usage: analyses.js FOLDER_OF_A_CASE
'use strict';
const fs = require('fs');
const path = require('path');

const [folder] = process.argv.slice(2);
const result = JSON.parse(fs.readFileSync(path.join(folder, 'result.json')));
const tensors = result.steps.map((step) => step.tensor);
const name = (text, unit) => ({name: text, meaning: `the ${text} <of> a "test" & more`, unit});
const grid = [0.25, 0.5, 1, 2, 4];
const p = [1, 2, 3, 4, 5];

function write(kind, axes, variables, facts) {
    fs.writeFileSync(path.join(folder, 'analyses', `${kind}.json`),
        JSON.stringify({analysis: kind, name: kind, axes, variables, facts}));
}

fs.mkdirSync(path.join(folder, 'analyses'), {recursive: true});
write('pscan', [{...name('p', ''), values: p}],
    [{...name('loss', 'nats'), axes: ['p'], values: p.map((one) => (one - 2.5) ** 2 + 0.1)},
        {...name('validation_loss', 'nats'), axes: ['p'], values: [null, 0.4, 0.5, 1, 3]},
        {...name('top1', 'share'), axes: ['p'], values: [0.5, 0.9, 0.8, 0.7, 0.6]}],
    [{...name('best_p', 'p'), value: 2.5}]);
write('surface', [{...name('step_a', 'of the step'), values: grid}, {...name('step_b', 'of the step'), values: grid}],
    [{...name('loss', 'nats'), axes: ['step_a', 'step_b'], values: grid.map((a) => grid.map((b) => (a === b ? null : a * b)))}],
    [{...name('tensor_a', ''), value: '<b>&"x"</b>'}]);
write('interaction', [{...name('tensor', ''), values: tensors}, {...name('tensor2', ''), values: tensors}],
    [{...name('interaction', 'nats'), axes: ['tensor', 'tensor2'], values: tensors.map((a, i) => tensors.map((b, j) => Math.cos(i - j) / (1 + Math.abs(i - j))))},
        {...name('alone_loss', 'nats'), axes: ['tensor'], values: tensors.map((tensor, i) => 0.5 + (i * 7) % 11 / 100)}],
    [{...name('none_loss', 'nats'), value: 0.5}]);
fs.writeFileSync(path.join(folder, 'analyses', 'none.json'), '{"analysis": "x", "axes": [3]}');
