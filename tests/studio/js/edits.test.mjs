// Edits keep what they promise: moments, weights, the other coordinates, and the document that they were made of.
import assert from 'node:assert/strict';
import test from 'node:test';
import {apart, bitsOf, chance, movedTo, pictureDocument, tableDocument, tableSource} from './things.mjs';

const WEB = '../../../src/mixtura/studio/web/';
const edits = await import(`${WEB}edits.js`);
const {PIN_MEAN, PIN_WEIGHT, colourOf, newDocument, wrongWith} = await import(`${WEB}document.js`);
const {axesOf, moments} = await import(`${WEB}algebra.js`);
const {gram} = await import(`${WEB}matrices.js`);

const sum = (list) => list.reduce((total, v) => total + v, 0);
const covariance = ({factors, d}, i) => gram(factors.subarray(i * d * d, (i + 1) * d * d), d);

test('split and merge keep the moments of the whole, and merging halves gives the component back', () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = chance(seed), document = tableDocument(5, 1 + (seed % 4), random), before = moments(document.parts);
    const split = edits.splitMany(document, [1, 3]), merged = edits.mergeMany(document, [4, 0, 2]), back = edits.mergeMany(edits.splitMany(document, [1]), [1, 5]);
    for (const next of [split, merged, back]) {
      assert.equal(wrongWith(next.parts), null);
      const after = moments(next.parts);
      assert.ok(apart(before.mean, after.mean) < 1e-12 && apart(before.covariance, after.covariance) < 1e-12);
    }
    assert.deepEqual([split.parts.k, merged.parts.k, back.parts.k], [7, 3, 5]);
    assert.ok(apart(back.parts.means, document.parts.means) < 1e-12);
    assert.ok(apart(covariance(back.parts, 1), covariance(document.parts, 1)) < 1e-12);
    assert.ok(split.byHand && split.fit.k === 7 && split.fit.objective === null);
  }
});

test('A on the axes shown takes the other coordinates along: S becomes A S A', () => {
  const random = chance(3), document = {...pictureDocument(3, random), axes: [1, 3]}, A = [1.2, 0.3, -0.4, 0.9], next = edits.shape(document, 1, A);
  const full = new Float64Array(25).map((_, at) => (at % 6 === 0 ? 1 : 0));
  [[1, 1, 0], [1, 3, 1], [3, 1, 2], [3, 3, 3]].forEach(([r, c, at]) => { full[5 * r + c] = A[at]; });
  const S = covariance(document.parts, 1), product = (a, b) => new Float64Array(25).map((_, at) => sum([0, 1, 2, 3, 4].map((c) => a[5 * Math.floor(at / 5) + c] * b[5 * c + (at % 5)])));
  const turned = new Float64Array(25).map((_, at) => full[5 * (at % 5) + Math.floor(at / 5)]);
  assert.ok(apart(covariance(next.parts, 1), product(product(full, S), turned)) < 1e-13);
  assert.deepEqual(next.parts.means, document.parts.means);
  assert.ok(apart(covariance(next.parts, 0), covariance(document.parts, 0)) === 0);
});

test('a place, a spread, an angle and a weight that are typed are there afterwards', () => {
  const document = tableDocument(4, 3, chance(5));
  const moved = movedTo(document, 2, [0.125, -7]);
  assert.deepEqual([...moved.parts.means.subarray(6, 8)], [0.125, -7]);
  assert.equal(moved.parts.factors, document.parts.factors);
  const wide = edits.setSpread(document, 1, 'long', 9), thin = edits.setSpread(document, 1, 'short', 0.01), turned = edits.setTurn(document, 1, 0.7);
  assert.ok(Math.abs(axesOf(wide.parts, 1).long - 9) < 1e-12 && Math.abs(axesOf(wide.parts, 1).short - axesOf(document.parts, 1).short) < 1e-12);
  assert.ok(Math.abs(axesOf(thin.parts, 1).short - 0.01) < 1e-12 && Math.abs(axesOf(turned.parts, 1).turn - 0.7) < 1e-12);
  assert.equal(edits.setMean(document, 0, 2, 4.5).parts.means[2], 4.5);
  for (const bad of [NaN, Infinity, -1, 0]) assert.equal(edits.setSpread(document, 1, 'long', bad), document);
  assert.equal(edits.setMean(document, 0, 0, NaN), document);
});

test('a weight takes from the others in proportion, but not from those whose weights are pinned', () => {
  const document = edits.pin(tableDocument(5, 2, chance(6)), [3], PIN_WEIGHT), {weights} = document.parts;
  const next = edits.weigh(document, 0, 0.4).parts.weights;
  assert.ok(Math.abs(sum(next) - 1) < 1e-15 && next[0] === 0.4 && next[3] === weights[3]);
  assert.ok(Math.abs(next[1] / next[2] - weights[1] / weights[2]) < 1e-14);
  for (const asked of [0, -5, 1, 7]) {
    const all = edits.weigh(document, 0, asked).parts.weights;
    assert.ok(all.every((w) => w > 0) && Math.abs(sum(all) - 1) < 1e-14 && all[3] === weights[3]);
  }
});

test('a copy halves the weight beside it, and deleting leaves one component at least', () => {
  const document = tableDocument(3, 2, chance(7)), copied = edits.duplicate(document, [1]);
  assert.equal(copied.parts.weights[1], document.parts.weights[1] / 2);
  assert.equal(copied.parts.weights[3], document.parts.weights[1] / 2);
  assert.notEqual(copied.parts.means[6], document.parts.means[2]);
  assert.ok(Math.abs(sum(edits.remove(document, [0]).parts.weights) - 1) < 1e-15);
  assert.equal(edits.remove(document, [0, 1, 2]), document);
});

test('names, pins and colours stay with their components through deletions, merges and splits', () => {
  let document = tableDocument(4, 2, chance(8));
  document = edits.pin(edits.rename(document, 2, '  <b>Old</b> town '), [2], PIN_MEAN);
  const colour = colourOf(document, 2), fewer = edits.remove(document, [0]);
  assert.equal(fewer.names[1], '<b>Old</b> town');
  assert.equal(fewer.pins[1], PIN_MEAN);
  assert.equal(colourOf(fewer, 1), colour);
  const split = edits.splitMany(document, [2]);
  assert.deepEqual([split.names[2], split.names[4], split.pins[4]], ['<b>Old</b> town', null, PIN_MEAN]);
  assert.equal(edits.mergeMany(document, [2, 3]).parts.k, 3);
  assert.equal(edits.rename(document, 2, ' ').names[2], null);
});

test('a colour is the mean of a coloured picture, and a mark elsewhere', () => {
  const picture = pictureDocument(3, chance(9)), painted = edits.recolour(picture, [1], '#ff8000');
  assert.deepEqual([...painted.parts.means.subarray(7, 10)], [255, 128, 0]);
  assert.equal(colourOf(painted, 1), '#ff8000');
  assert.ok(painted.byHand);
  const table = tableDocument(3, 2, chance(9)), marked = edits.recolour(table, [1], '#FF8000');
  assert.equal(marked.parts, table.parts);
  assert.equal(colourOf(marked, 1), '#ff8000');
  assert.equal(edits.recolour(table, [1], 'red'), table);
});

test('a component that is drawn takes the colour of what lies under it', () => {
  const random = chance(10), document = pictureDocument(3, random), {points} = document.source;
  for (let i = 0; i < points.length; i += 5) if (points[i] < 30) points.set([250, 10, 20], i + 2);
  const next = edits.add(document, [15, 30], [4, 0, 1, 9]);
  assert.equal(wrongWith(next.parts), null);
  assert.ok(Math.abs(next.parts.weights[3] - 0.25) < 1e-15);
  assert.deepEqual([...next.parts.means.subarray(15, 20)].map(Math.round), [15, 30, 250, 10, 20]);
  const {long, short} = axesOf(next.parts, 3);
  assert.ok(Math.abs(long * short - 36) < 1e-9);
  const first = edits.add(newDocument(tableSource(2, random)), [1, 2], [1, 0, 0, 1]);
  assert.deepEqual([...first.parts.weights], [1]);
});

test('another number of components keeps the mixture valid, and no edit writes into its document', () => {
  const document = tableDocument(6, 2, chance(11)), before = bitsOf(document.parts);
  for (const k of [1, 3, 6, 9, 40]) {
    const next = edits.setCount(document, k);
    assert.equal(next.fit.k, k);
    assert.equal(next.parts.k, k);
    assert.equal(wrongWith(next.parts), null);
  }
  edits.transform(document, [0, 1, 5], [2, 0, 0, 0.5], [1, 1], [0, 3]);
  edits.duplicate(document, [2]);
  edits.hide(document, [1]);
  edits.weigh(document, 2, 0.9);
  assert.equal(bitsOf(document.parts), before);
  assert.ok(document.hidden.every((one) => one === 0));
});

test('an edit that would break the mixture gives the document back', () => {
  const document = tableDocument(3, 2, chance(12));
  assert.equal(edits.shape(document, 0, [0, 0, 0, 0]), document);
  assert.equal(edits.shape(document, 0, [1, 1, 1, 1]).parts.k, 3);
  assert.equal(movedTo(document, 0, [NaN, 1]), document);
  assert.equal(edits.setCount(document, 0), document);
  assert.equal(edits.mergeMany(document, [1, 1]), document);
});
