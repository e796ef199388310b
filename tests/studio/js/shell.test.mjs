// What the shell's modules compute without a page.

import assert from 'node:assert/strict';
import { register } from 'node:module';
import { test } from 'node:test';

import { inkedPixels, isColourful, otsu } from '../../../src/mixtura/studio/web/begin.js';
import { gapsOf } from '../../../src/mixtura/studio/web/columns.js';
import { agoOf, originOf } from '../../../src/mixtura/studio/web/keep.js';
import { makeStore } from '../../../src/mixtura/studio/web/store.js';

register(new URL('beside.mjs', import.meta.url));
const { PastedError, axesNamed, pastedCommand, shellWords, whatIsTaken, withPasted } = await import('../../../src/mixtura/studio/web/pasted.js');
const { recipe } = await import('../../../src/mixtura/studio/web/recipe.js');
const { newDocument } = await import('../../../src/mixtura/studio/web/document.js');
const { canFit, startFit } = await import('../../../src/mixtura/studio/web/climb.js');
const { talk } = await import('../../../src/mixtura/studio/web/talk.js');
const { chance, pictureDocument, tableDocument } = await import('./things.mjs');

globalThis.requestAnimationFrame = (act) => setTimeout(act, 0);
globalThis.cancelAnimationFrame = clearTimeout;

test('the threshold lies between two classes of greys', () => {
  const greys = Float32Array.from({ length: 1000 }, (_, i) => (i < 300 ? 20 + (i % 30) : 180 + (i % 40)));
  const found = otsu(greys);
  assert.ok(found > 49 && found <= 180, String(found));
});

test('pixels below the threshold are ink, those far above are paper', () => {
  const pixels = inkedPixels(Float32Array.of(0, 99, 128, 255), 100);
  assert.ok(pixels[0] < 40 && pixels[12] > 240);
  assert.deepEqual([3, 7, 11, 15].map((i) => pixels[i]), [255, 255, 255, 255]);
});

test('a grey picture is ink, one with one pixel in fifty of colour is not', () => {
  const grey = Uint8ClampedArray.from({ length: 400 }, (_, i) => (i % 4 === 3 ? 255 : 90));
  assert.equal(isColourful(grey), false);
  const some = grey.slice();
  for (const at of [0, 200]) some[at] = 200;
  assert.equal(isColourful(some), true);
});

test('gaps are counted by column', () => {
  assert.deepEqual(gapsOf(Float64Array.of(1, NaN, 3, NaN, 5, NaN), 2), [0, 3]);
});

test('a source is told again by its picture, by all of its points, or not at all', () => {
  const points = Float64Array.of(1, 2, 3, 4), table = { name: 'a.csv', picture: null, whole: true, n: 2, d: 2, points, columns: ['x', 'y'] };
  assert.equal(originOf({ source: table }).fields.kind, 'points');
  assert.equal(originOf({ source: { ...table, whole: false } }), null);
  const picture = { ...table, kind: 'ink', threshold: 90, picture: { bytes: Uint8Array.of(1) } };
  assert.deepEqual([originOf({ source: picture }).fields.mode, originOf({ source: picture }).fields.threshold], ['ink', 90]);
});

test('time is told in words', () => {
  assert.deepEqual([0, 60_000, 300_000, 3_600_000, 3 * 86_400_000].map(agoOf), ['a moment ago', '1 minute ago', '5 minutes ago', '1 hour ago', '3 days ago']);
});

test('listeners are told each change in its order, views once', async () => {
  const store = makeStore(0, (state, by) => state + by), seen = [], drawn = [];
  store.on('state', (state, before) => {
    seen.push([before, state]);
    if (state === 1) store.dispatch(10);
  });
  store.on('state', (state, before) => seen.push([before, state]));
  store.add({ update: (state, before) => drawn.push([before, state]) });
  store.dispatch(1);
  store.dispatch(0);  // no change: nobody is told
  assert.deepEqual(seen, [[0, 1], [0, 1], [1, 11], [1, 11]]);
  await new Promise((done) => setTimeout(done, 10));
  assert.deepEqual(drawn, [[null, 11]]);
  store.end();
  store.dispatch(5);
  assert.equal(store.state, 11);
});

test('a view that throws leaves the others', async () => {
  const store = makeStore(0, (state, by) => state + by), told = console.error, drawn = [];
  let wrong = 0;
  console.error = () => { wrong += 1; };
  store.add({ update() { throw new Error('broken'); } });
  store.add({ update: (state) => drawn.push(state) });
  await new Promise((done) => setTimeout(done, 10));
  console.error = told;
  assert.deepEqual([wrong, drawn], [1, [0]]);
});

test('a pasted line is read as a shell reads it, and what is no line of ours is left', () => {
  assert.deepEqual(shellWords(`a 'b c' "d \\"e" f\\ g -k=3`), ['a', 'b c', 'd "e', 'f g', '-k=3']);
  const found = pastedCommand(`mixtura paint 'my dog.png' --as ink -k 40 --seed=5 --threads 4 --style grid --tone gamma:0.7 --sharpen 1.5 --ink '#1AF' --no-polish -o dog.png`);
  assert.deepEqual(found, {
    file: 'my dog.png', fit: { k: 40, seed: 5, polish: false }, look: { style: 'grid', sharpen: 1.5, ink: '#11aaff' }, shown: { tone: { kind: 'gamma', gamma: 0.7, points: [] } },
    read: { '--as': 'ink' }, untaken: [],
  });
  const two = pastedCommand('mixtura fit x.csv -k7 --prior -o x.mix && mixtura paint x.mix --without 3,7 --size 90x60');
  assert.deepEqual([two.file, two.fit, two.shown], ['x.csv', { k: 7, prior: 1 }, { without: [3, 7], width: 90 }]);
  for (const other of ['rm -rf /', 'mixtura predict a.mix b.csv', 'mixtura', '']) assert.equal(pastedCommand(other), null);
});

test('an option that is wrong is told with its limit, and so is one that is cut off', () => {
  const told = (words) => { try { return pastedCommand(`mixtura paint a.png ${words}`); } catch (error) { return error instanceof PastedError ? error.message : error; } };
  for (const [words, sentence] of [
    ['-k 0', '-k is 0: give a whole number from 1 to 50,000.'], ['-k 1-9', '-k is 1-9: give a whole number from 1 to 50,000.'], ['--components=2.5', '--components is 2.5: give a whole number from 1 to 50,000.'],
    ['--covariance EII', '--covariance is EII: give full, tied, diag or spherical.'], ['--start a.mix', '--start is a.mix: give kmeans, kmeans++, random_from_data, partition, hierarchical or random.'],
    ['--seed -1', '--seed is -1: give a whole number from 0 to 4,294,967,295.'], ['--tol inf', '--tol is inf: give a number from 0 to 1,000.'], ['--max-iter 1e9', '--max-iter is 1e9: give a whole number from 0 to 100,000.'],
    ['--tone 0:300,1:0', '--tone is 0:300,1:0: give linear, gamma:0.7, or points from light to dark such as 0:255,0.25:0,1:0.'], ['--ink navy', '--ink is navy: give a colour such as #1f3fbf.'],
    ['--colours jet', '--colours is jet: give viridis, magma, turbo, grey, ink, sunset, lagoon or psychedelic, with -r to turn it round.'], ['--sharpen 0', '--sharpen is 0: give a number from 0.01 to 100.'],
    ['--samples', '--samples is the last word of the line: give its value too.'], ['--style cubism', '--style is cubism: give mean, grid, contour, dots or ellipses.'],
  ]) assert.equal(told(words), sentence);
});

test('settings of a pasted line go into another document, and leave what the line below claims', () => {
  const before = tableDocument(3, 2, chance(1)), after = withPasted(before, pastedCommand('mixtura fit a.csv --covariance diag --seed 9 --tol 0.1'));
  assert.deepEqual([after.fit.covariance_type, after.fit.seed, after.fit.tol, after.byHand], ['diag', 9, 0.1, false]);
  assert.deepEqual([after.fit.made.covariance_type, after.fit.made.seed, after.fit.made.tol], ['full', 0, 1e-3]);  // by which its parts were made
  assert.equal(recipe({ ...after, fit: { ...after.fit, objective: -1, reason: 'converged' } }).command, recipe({ ...before, fit: { ...before.fit, objective: -1, reason: 'converged' } }).command);
  const more = withPasted(before, pastedCommand('mixtura fit a.csv -k 5'));  // as the stepper does
  assert.deepEqual([more.parts.k, more.pins.length, more.fit.k, more.byHand], [5, 5, 5, true]);
  const nothing = newDocument(before.source), asked = withPasted(nothing, pastedCommand('mixtura fit a.csv -k 5 --seed 2'));
  assert.deepEqual([asked.parts, asked.fit.k, asked.fit.seed, asked.fit.made], [null, 5, 2, null]);
});

test('the looks of a pasted line are those of the document that is open, or none is taken', () => {
  const before = pictureDocument(6, chance(2)), after = withPasted(before, pastedCommand('mixtura paint p.png --style grid --tone gamma:0.5 --paper #fff --without 1,4 --heaviest 4 --radius 3 --size 200x120'));
  assert.deepEqual([after.look.style, after.look.tone.grid.gamma, after.look.tone.mean, after.look.paper, after.look.count, after.look.radius], ['grid', 0.5, before.look.tone.mean, '#ffffff', 4, 1.5]);
  assert.deepEqual([...after.hidden], [0, 1, 0, 0, 1, 0]);
  assert.equal(withPasted(before, pastedCommand('mixtura paint p.png --tone gamma:0.5')).look.tone.mean.gamma, 0.5);
  assert.equal(withPasted(before, pastedCommand('mixtura paint p.png --heaviest 6')).look.count, null);
  const wrong = (document, words) => () => withPasted(document, pastedCommand(`mixtura paint p.png ${words}`));
  assert.throws(wrong(before, '--style contour --tone linear'), { message: '--tone bends the styles mean and grid: contour has no tone.' });
  assert.throws(wrong(before, '--without 6'), { message: '--without is 6: give numbers below 6, of the components that there are.' });
  assert.throws(wrong(tableDocument(2, 2, chance(3)), '--style mean'), { message: '--style is mean: give contour, grid, dots or ellipses, which table.csv can be shown in.' });
});

test('every option of a pasted line is taken, is what is open, changes nothing, or is named', () => {
  const table = tableDocument(3, 3, chance(1)), picture = pictureDocument(4, chance(2)), { source } = table, drawing = { ...picture, source: { ...picture.source, kind: 'ink', threshold: 128 } };
  const told = (document, line) => whatIsTaken(document, pastedCommand(`mixtura ${line}`)), all = 'The settings of the line are taken';
  const name = picture.source.name, kind = picture.source.kind;
  for (const [document, line, without, remedy] of [
    [table, `fit ${source.name} -k 3 --columns ${source.columns.join(',')} --threads 2 --missing -q -o x.mix`, null, null],
    [table, `fit ${source.name} -k 3 --columns ${source.columns[1]} --n-init 5 --noise auto`, '--columns, --n-init and --noise',
      `For --columns, open ${source.name} again. The studio has no --n-init or --noise for it: run the line in a terminal.`],
    [table, `show x.mix --axes ${source.columns.join(',')}`, '--axes', 'It was made with x.mix: drop that here to have the same. The studio has no --axes for it: run the line in a terminal.'],
    [picture, `paint ${name} --as ${kind} --light --alpha=0.5 --mask m.png`, '--light, --alpha and --mask', 'The studio has no --light, --alpha or --mask for it: run the line in a terminal.'],
    [picture, `paint ${name} --as auto --film em -o a.webp`, null, null], [picture, `paint ${name} --as ink`, kind === 'ink' ? null : '--as', kind === 'ink' ? null : `For --as, open ${name} again.`],
    [drawing, `paint ${name} --as ink --threshold 128.0`, null, null], [drawing, `paint ${name} --threshold otsu`, '--threshold', `For --threshold, open ${name} again.`],
  ]) assert.deepEqual(told(document, line), { sentence: without ? `${all}, without ${without}.` : `${all}.`, remedy }, line);
  assert.deepEqual(axesNamed(table, [source.columns[2], source.columns[0]]), [2, 0]);
  assert.throws(() => axesNamed(table, ['nought', source.columns[0]]), { message: `--axes names nought, and ${source.name} has ${source.columns.join(', ')}: give two of these.` });
  assert.throws(() => told(table, 'fit a.csv --cluster 3'), { message: '--cluster is no option of mixtura paint, fit, studio or show: look at the line again.' });
});

test('a model alone is not fitted, and says why', () => {
  const said = [], table = tableDocument(2, 2, chance(1)), app = { state: { document: null, link: 'open', job: null, engine: { can: ['fit'] } }, job: () => 1, dispatch: (action) => said.push(action), send: (type) => said.push(type) };
  app.state.document = { ...table, source: { ...table.source, kind: 'model', name: 'm.mix', n: 0, points: new Float64Array(0) } };
  assert.equal(canFit(app.state), false);
  assert.equal(startFit(app), null);
  assert.deepEqual(said.map(({ notice }) => [notice.sentence, notice.bad]), [['m.mix is a model alone, without points.', false]]);
  app.state.document = table;
  assert.equal(startFit(app), 1);
  assert.deepEqual(said.slice(1).map((one) => one.type ?? one), ['begin', 'fit']);
});

test('what is asked of fits waits for what is being opened, and falls with the line', async () => {
  const sent = [], transport = { send: ({ type, seq }) => sent.push(type) && seq, close() {} }, app = { state: { job: null }, on() {}, emit() {}, dispatch() {} }, { send, request } = talk(app, transport);
  const one = request('open'), other = request('open');
  send('fit', { job: 1 });
  send('take', {});
  transport.onmessage({ type: 'opened', re: 1 });
  send('step', { job: 1 });
  assert.deepEqual(sent, ['open', 'open', 'take']);
  transport.onmessage({ type: 'failed', re: 2, sentence: 'No.', remedy: '' });
  assert.deepEqual(sent, ['open', 'open', 'take', 'fit', 'step']);
  assert.deepEqual([(await one).type, await other.catch(({ sentence }) => sentence)], ['opened', 'No.']);
  const lost = request('open').catch(() => 'lost');
  send('fit', { job: 2 });
  transport.onstate('lost');
  send('stop', { job: 2 });
  assert.deepEqual([await lost, ...sent.slice(5)], ['lost', 'open', 'stop']);
});
