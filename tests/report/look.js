// Looks at reports in a browser and prints a line a fact; the last line is `N passed, N failed`.
// Usage: look.js CHROMIUM FOLDER PAGE...      Screenshots go to FOLDER.
'use strict';
const fs = require('fs');
const path = require('path');
const {chromium} = require('playwright-core');
const {HtmlValidate} = require('html-validate');

const [executablePath, folder, ...pages] = process.argv.slice(2);
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const LARGEST = 5e6; // bytes of a page
const WIDTHS = [400, 1400];
const PAPER = 720; // pixels of A4 between its margins
const PATIENCE = 240000; // milliseconds that a long page may take where other work runs beside
let passed = 0;
let failed = 0;

function tell(fact, problems) {
    if (problems.length === 0) {
        passed++;
        console.log(`ok       ${fact}`);
        return;
    }
    failed++;
    console.log(`FAILED   ${fact}`);
    for (const problem of problems.slice(0, 12)) console.log(`         ${problem}`);
}

// ---- what is looked at in the page ---------------------------------------------------------------

// Every figure has a caption, a title, a description, and two axes with names and units; no text leaves the
// drawing or covers another tick's.
function badFigures() {
    const problems = [];
    const text = (element) => (element ? [...element.childNodes].filter((node) => node.nodeName !== 'title')
        .map((node) => node.textContent).join('').trim() : '');
    const figures = [...document.querySelectorAll('figure')];
    if (figures.length === 0) problems.push('there is no figure');
    for (const figure of figures) {
        const svg = figure.querySelector('svg.plot');
        const name = text(figure.querySelector('figcaption'));
        const say = (problem) => problems.push(`"${name}": ${problem}`);
        if (!name) say('no caption');
        if (!svg) { say('no drawing'); continue; }
        if (svg.getAttribute('role') !== 'img') say('no role');
        if (!text(svg.querySelector('title')) || !text(svg.querySelector('desc'))) say('no title or description');
        const axes = [...svg.querySelectorAll('text.axis:not(.scale)')];
        if (axes.length !== 2) say(`${axes.length} axes have names`);
        for (const axis of svg.querySelectorAll('text.axis')) {
            if (!text(axis.querySelector('.unit')) || !/^[^,]+, ./.test(text(axis))) say(`axis "${text(axis)}" lacks name or unit`);
        }
        const frame = svg.getBoundingClientRect();
        if (frame.width === 0) { say('is not shown'); continue; }
        const boxes = [...svg.querySelectorAll('text')].map((label) => [label, label.getBoundingClientRect()]);
        for (const [label, box] of boxes) {
            if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
                say(`"${text(label)}" leaves the drawing`);
        }
        const ticks = boxes.filter(([label]) => ['t', 'axis', 'note'].some((name) => label.classList.contains(name)));
        ticks.forEach(([label, a], i) => ticks.slice(i + 1).forEach(([other, b]) => {
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 1 && down > 3) say(`"${text(label)}" and "${text(other)}" cover each other`);
        }));
    }
    return problems;
}

function badLinks() {
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `the id ${id} is there twice`);
    const lost = [...document.querySelectorAll('a[href]')].filter((link) => !document.querySelector(link.getAttribute('href')));
    return twice.concat(lost.map((link) => `${link.getAttribute('href')} leads nowhere`));
}

// Sorts each table by each column and back.
function badSorting() {
    const problems = [];
    const tables = [...document.querySelectorAll('table')].filter((table) => table.tBodies[0].rows.length > 2);
    if (tables.length === 0) problems.push('there is no table to sort');
    for (const table of tables) {
        const heads = [...table.tHead.rows[0].cells];
        heads.forEach((head, column) => {
            const button = head.querySelector('button');
            const name = `${table.caption.textContent}, "${head.textContent}"`;
            const cells = () => [...table.tBodies[0].rows].map((row) => row.cells[column].textContent.trim());
            if (!button) { if (head.textContent) problems.push(`${name}: no button`); return; }
            const before = cells().slice().sort().join('\n');
            button.click();
            const numbers = cells().filter((cell) => cell !== '').map(Number);
            const isNumeric = numbers.length > 0 && numbers.every((number) => !isNaN(number));
            if (head.getAttribute('aria-sort') !== 'ascending') problems.push(`${name}: aria-sort is not told`);
            if (isNumeric && numbers.some((number, i) => i > 0 && number < numbers[i - 1])) problems.push(`${name}: not ascending`);
            button.click();
            const back = cells().filter((cell) => cell !== '').map(Number);
            if (isNumeric && back.some((number, i) => i > 0 && number > back[i - 1])) problems.push(`${name}: not descending`);
            if (cells().slice().sort().join('\n') !== before) problems.push(`${name}: other rows than before`);
        });
    }
    return problems;
}

function badFilter() {
    const select = document.querySelector('#only');
    if (!select) return [];
    const problems = [];
    for (const option of select.options) {
        select.value = option.value;
        select.dispatchEvent(new Event('change'));
        const shown = [...document.querySelectorAll('[data-model]')].filter((part) => !part.hidden);
        if (shown.length === 0 || shown.some((part) => option.value && part.dataset.model !== option.value))
            problems.push(`"${option.value}" shows others, or nothing`);
    }
    select.value = '';
    select.dispatchEvent(new Event('change'));
    return problems;
}

const openAll = () => document.querySelectorAll('details').forEach((part) => { part.open = true; });
const openCases = () => document.querySelectorAll('details.case').forEach((part) => { part.open = true; });
const overflow = () => (document.documentElement.scrollWidth > innerWidth + 1 ? [`${document.documentElement.scrollWidth} pixels`] : []);

// ---- one page -------------------------------------------------------------------------------------

async function open(context, name) {
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    const url = `file://${path.resolve(folder, name)}`;
    const heard = [];
    page.on('console', (message) => heard.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => heard.push(`error: ${error.message}`));
    page.on('request', (request) => { if (request.url() !== url) heard.push(`request: ${request.url()}`); });
    const began = Date.now();
    await page.goto(url);
    await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); }));
    return {page, heard, seconds: (Date.now() - began) / 1000};
}

async function judge(page) {
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
    return found.violations.filter((violation) => ['serious', 'critical'].includes(violation.impact))
        .map((violation) => `${violation.id}: ${violation.help}: ${violation.nodes[0].html.slice(0, 120)}: ${violation.nodes[0].any.map((any) => any.message).join('; ')}`);
}

async function look(browser, name, width, colorScheme) {
    const context = await browser.newContext({viewport: {width, height: 900}, colorScheme, offline: true});
    const {page, heard, seconds} = await open(context, name);
    const where = `${name}, ${width} pixels, ${colorScheme}`;
    if (width === WIDTHS[1] && colorScheme === 'light') {
        console.log(`         ${name} was there after ${seconds.toFixed(2)} s`);
        tell(`${name}: opens at once`, seconds < 10 ? [] : [`${seconds} s`]); // other work may run beside
    }
    tell(`${where}: nothing is cut off`, await page.evaluate(overflow));
    if (name !== 'large.html') await page.evaluate(openCases);
    await page.screenshot({path: path.join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: name !== 'large.html'});
    await page.evaluate(openCases);
    tell(`${where}: figures are whole`, await page.evaluate(badFigures));
    if (name !== 'large.html') {
        await page.evaluate(openAll);
        tell(`${where}: axe-core finds no serious fault`, await judge(page));
    }
    tell(`${where}: nothing is said or asked for`, heard);
    await context.close();
}

async function use(browser, name) {
    const context = await browser.newContext({viewport: {width: 1400, height: 900}, offline: true});
    const {page, heard} = await open(context, name);
    tell(`${name}: links lead somewhere`, await page.evaluate(badLinks));
    tell(`${name}: tables sort`, await page.evaluate(badSorting));
    tell(`${name}: one model can be shown alone`, await page.evaluate(badFilter));
    await page.emulateMedia({media: 'print'});
    await page.setViewportSize({width: PAPER, height: 1040});
    tell(`${name}: prints`, (await page.pdf({format: 'A4'})).length > 1000 ? await page.evaluate(overflow) : ['no pages']);
    tell(`${name}: nothing is said while it is used`, heard);
    await context.close();
}

async function readWithoutScript(browser, name) {
    const context = await browser.newContext({javaScriptEnabled: false, offline: true});
    const {page} = {page: await context.newPage()};
    await page.goto(`file://${path.resolve(folder, name)}`);
    const summary = await page.locator('#summary').innerText();
    const problems = /Best method/.test(summary) ? [] : ['the summary has no table'];
    if (await page.locator('#only').isVisible().catch(() => false)) problems.push('there is a choice that does nothing');
    tell(`${name}: can be read without a script`, problems);
    await context.close();
}

async function validate(name) {
    const validator = new HtmlValidate({extends: ['html-validate:recommended'],
        rules: {'long-title': 'off', 'no-inline-style': 'off', 'no-trailing-whitespace': 'off', 'require-sri': 'off'}});
    const report = await validator.validateFile(path.resolve(folder, name));
    tell(`${name}: html-validate finds no fault`, report.results.flatMap((result) => result.messages)
        .map((message) => `line ${message.line}: ${message.ruleId}: ${message.message}`));
}

(async () => {
    const browser = await chromium.launch({executablePath, args: ['--no-sandbox', '--disable-gpu']});
    for (const name of pages) {
        const bytes = fs.statSync(path.join(folder, name)).size;
        tell(`${name}: below ${LARGEST / 1e6} MB`, bytes < LARGEST ? [] : [`${bytes} bytes`]);
        await look(browser, name, WIDTHS[0], name === 'one.html' ? 'dark' : 'light');
        await look(browser, name, WIDTHS[1], 'light');
        if (name === 'one.html') await look(browser, name, WIDTHS[1], 'dark');
        await use(browser, name);
        await readWithoutScript(browser, name);
        await validate(name);
    }
    await browser.close();
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed > 0 ? 1 : 0);
})();
