// Makes a run directory with all cases of a configuration, of the results of an example: the same
// journals, other accuracies, and tensors three times over, with names that are markup.
// Usage: synthesize.js CALQ EXAMPLE CONFIG OUT
'use strict';
const {execFileSync} = require('child_process');
const fs = require('fs');
const path = require('path');

const [program, example, config, out] = process.argv.slice(2);
const kit = process.env.CALQ_KIT || '/kit';

// A case of the example stands for all of its kind: a search for those of lapq, else one point.
function readExample(method) {
    const folder = fs.readdirSync(path.join(example, 'cases')).find((name) => name.endsWith(method));
    const read = (name) => fs.readFileSync(path.join(example, 'cases', folder, name));
    return {json: JSON.parse(read('result.json')), journal: read('journal'), state: read('state')};
}

function vary(score, factor) {
    if (!score) return;
    score.top1 = Math.round(score.top1 * factor * score.labelled) / score.labelled;
}

function triple(steps) {
    return [0, 1, 2].flatMap((copy) => steps.map((step) => ({...step, tensor: `<b>&"${copy}"</b>${step.tensor}`})));
}

function resultOf(source, id, index) {
    const json = JSON.parse(JSON.stringify(source.json));
    json.case = id;
    json.steps = triple(json.steps);
    vary(json.result.calibration, 1 - (index % 17) / 40);
    vary(json.result.validation, 1 - (index % 17) / 40);
    return JSON.stringify(json, null, 2);
}

fs.mkdirSync(path.join(out, 'cases'), {recursive: true});
fs.writeFileSync(path.join(out, 'config.yaml'),
    fs.readFileSync(config, 'utf8').replaceAll('${CALQ_KIT}', kit).replace(/^budget:.*$/m, 'budget: {evaluations: 120}'));
const searched = readExample('lapq');
const found = readExample('mmse');
const listed = execFileSync(program, ['status', out], {encoding: 'utf8'}).split('\n');
const ids = listed.map((line) => line.match(/^(\S+) +waiting/)).filter(Boolean).map((match) => match[1]);
ids.forEach((id, index) => {
    const source = /-(lapq|lw)[^-]*(-qa)?(-channels)?$/.test(id) ? searched : found;
    const folder = path.join(out, 'cases', id);
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, 'result.json'), resultOf(source, id, index));
    fs.writeFileSync(path.join(folder, 'journal'), source.journal);
    fs.writeFileSync(path.join(folder, 'state'), source.state);
});
if (ids.length === 0) {
    console.error(`no case is listed by: ${program} status ${out}`);
    process.exit(1);
}
