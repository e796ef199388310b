// Dots of a mixture that moves: the same random numbers, and only those made anew whose component has changed.
import assert from 'node:assert/strict';
import test from 'node:test';

const PAGE = new URL('../../../src/mixtura/pictures/page/', import.meta.url);
const { gaussiansOf } = await import(new URL('chosen.js', PAGE)), { dotNumbers, independentDots, plausible } = await import(new URL('dots.js', PAGE));
const { dotStore } = await import(new URL('strewn.js', PAGE));

const K = 12, FRAME = [0, 0, 120, 90];

/** Colours around a grid of places; the component `moved` lies elsewhere. */
function mixture(moved = -1) {
  const parts = { k: K, d: 5, weights: new Float64Array(K).fill(1 / K), means: new Float64Array(5 * K), factors: new Float64Array(25 * K) };
  for (let i = 0; i < K; i++) {
    parts.means.set([10 + 30 * (i % 4) + (i === moved ? 4 : 0), 15 + 30 * Math.floor(i / 4), 20 * i, 128, 250 - 20 * i], 5 * i);
    for (let j = 0; j < 5; j++) parts.factors[25 * i + 6 * j] = j < 2 ? 6 : 30;
    parts.factors[25 * i + 5] = 2;
  }
  return gaussiansOf(parts);
}

test('dots of numbers that were drawn before are those of the seed', () => {
  const from = mixture(), drawn = dotNumbers(500, true, 3);
  for (const name of ['which', 'places', 'colours']) {
    assert.deepEqual(independentDots(from, 500, { drawn })[name], independentDots(from, 500, { seed: 3 })[name]);
  }
});

test('where one component moves its dots alone are made anew', () => {
  const drawn = dotNumbers(600, true), from = mixture(), dots = independentDots(from, 600, { drawn });
  for (const [now, own] of [[mixture(5), 5], [mixture(), -1]]) {
    const anew = independentDots(now, 600, { drawn }), after = independentDots(now, 600, { drawn, before: { from, dots } });
    for (const name of ['which', 'places', 'colours']) assert.deepEqual(after[name], anew[name]);
    assert.deepEqual(after.fresh, Array.from(anew.which.keys()).filter((i) => now.id[anew.which[i]] === own));
  }
});

test('colours are looked at where dots are new, and few dots stand for many while something moves', () => {
  const store = dotStore(), view = { sharpen: 1, count: null, across: 1, down: 1, home: FRAME }, look = { dots: 9000 };
  const first = store.dots(mixture(), view, look, true), then = store.dots(mixture(5), view, look, true);
  assert.equal(first.n, 4000);
  const kept = Array.from(first.which.keys()).filter((i) => !then.fresh.includes(i));
  assert.ok(then.fresh.length > 100 && then.fresh.length < 700);
  assert.ok(kept.every((i) => [0, 1, 2].every((e) => first.colours[3 * i + e] === then.colours[3 * i + e])));
  const all = plausible(mixture(5), independentDots(mixture(5), 4000), FRAME, {});
  const far = then.fresh.filter((i) => Math.abs(then.colours[3 * i] - all.colours[3 * i]) > 1e-2);
  assert.ok(far.length <= 0.02 * then.fresh.length, `${far.length}`);
  assert.equal(store.dots(mixture(), view, look).n, 9000);
});
