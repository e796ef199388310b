// What the shell's modules compute without a page.

import assert from 'node:assert/strict';
import { register } from 'node:module';
import { test } from 'node:test';

import { inkedPixels, isColourful, otsu } from '../../../src/mixtura/studio/web/begin.js';
import { gapsOf } from '../../../src/mixtura/studio/web/columns.js';
import { agoOf, originOf } from '../../../src/mixtura/studio/web/keep.js';
import { makeStore } from '../../../src/mixtura/studio/web/store.js';

register(new URL('beside.mjs', import.meta.url));
const { pastedCommand, shellWords, withPasted } = await import('../../../src/mixtura/studio/web/pasted.js');

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
  const found = pastedCommand(`mixtura paint 'my dog.png' --as ink -k 40 --seed 5 --style grid --tone gamma:0.7 --sharpen 1.5 -o dog.png`);
  assert.deepEqual(found, { file: 'my dog.png', fit: { k: 40, seed: 5 }, look: { style: 'grid', sharpen: 1.5 }, tone: { grid: 'gamma:0.7' } });
  assert.equal(pastedCommand('rm -rf /'), null);
  assert.deepEqual(pastedCommand('mixtura fit x.csv --covariance odd --start kmeans --prior').fit, { start: 'kmeans', prior: 1 });
});

test('settings of a pasted line go into another document', () => {
  const before = Object.freeze({ fit: Object.freeze({ k: 3, seed: 0 }), look: Object.freeze({ style: 'mean', tone: Object.freeze({ mean: 1, grid: 2 }) }) });
  const after = withPasted(before, pastedCommand('mixtura paint a.png -k 9 --style grid --tone gamma:0.5'));
  assert.deepEqual([after.fit, after.look.style, after.look.tone.mean, after.look.tone.grid.gamma], [{ k: 9, seed: 0 }, 'grid', 1, 0.5]);
});
