// Where dots lie, and in which colours: dots.py and stipples.py for the screen. Every dot has random numbers of its own
// from a seed, so that dots move as the mixture does.
import { cellLists } from './cells.js';
import { seenGaussians } from './gaussians.js';

const STRATUM = 8, MOST_SAMPLES = 1e6, LLOYD_ROUNDS = 3;  // see stipples.py
const SOME = 10000;  // samples between two rests
const CALM = 0.5, PLAUSIBLE = 2, FEW_LOOKED_AT = 400;

// Uniform numbers in 0..1 (Mulberry32).
function randomly(seed) {
  let state = (seed * 2654435761 + 374761393) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// What makes n dots of any mixture: of each a number in 0..1, which tells its component, two standard normal ones, for
// its place, and three more for its colour.
export function dotNumbers(n, coloured, seed = 0) {
  const random = randomly(seed), each = coloured ? 6 : 3, numbers = new Float64Array(each * n);
  for (let at = 0; at < numbers.length; at += each) {
    numbers[at] = random();
    normals(random, numbers, at + 1, 2);
    if (coloured) { normals(random, numbers, at + 3, 2); normals(random, numbers, at + 5, 1); }
  }
  return { n, each, numbers };
}

// n samples of the gaussians: {n, which, places (2 a dot), colours (3 a dot) or null}, in random order. drawn: their
// numbers, of dotNumbers. before: such dots {from, dots} of a mixture that had the same numbers; those whose component is
// what it was stay as they are, and `fresh` of what is given back lists the others.
export function independentDots(from, n, { seed = 0, sharpen = 1, count = null, drawn = null, before = null } = {}) {
  const { each, numbers } = drawn ?? dotNumbers(n, from.colour, seed), many = Math.min(count ?? from.count, from.count), sums = new Float64Array(many);
  let total = 0;
  for (let k = 0; k < many; k++) sums[k] = total += Math.exp(from.log[k]);
  const last = before && before.from.colour === from.colour ? before.dots : null, same = last && unchanged(before.from, from);
  const which = new Int32Array(n), places = last?.places.slice() ?? new Float64Array(2 * n), colours = from.colour ? last?.colours.slice() ?? new Float64Array(3 * n) : null;
  const spread = Math.sqrt(sharpen), fresh = [];
  for (let i = 0; i < n && many; i++) {
    const at = numbers[each * i] * total, u = numbers[each * i + 1], v = numbers[each * i + 2];
    let low = 0, high = many - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] > at) high = middle; else low = middle + 1;
    }
    const k = (which[i] = low), l = Math.sqrt(from.xx[k]), dx = l * u * spread, dy = ((from.xy[k] / l) * u + Math.sqrt(from.rest[k]) * v) * spread;
    if (same?.[k] && last.which[i] === k) continue;
    fresh.push(i);
    places[2 * i] = from.x[k] + dx; places[2 * i + 1] = from.y[k] + dy;
    if (colours) colour(from, k, u * spread, v * spread, spread * CALM, numbers, each * i + 3, colours, i);
  }
  return { n, which, places, colours, fresh };
}

// Of each component, whether its dots lie where they lay, in the same colours.
function unchanged(before, now) {
  const same = new Uint8Array(now.count), alike = (name, many, k) => {
    for (let i = many * k; i < many * (k + 1); i++) if (before[name][i] !== now[name][i]) return false;
    return true;
  };
  for (let k = 0; k < Math.min(before.count, now.count); k++) {
    same[k] = ['id', 'x', 'y', 'xx', 'xy', 'rest'].every((name) => before[name][k] === now[name][k])
      && (!now.colour || (alike('mean', 3, k) && alike('tied', 6, k) && alike('own', 6, k))) ? 1 : 0;
  }
  return same;
}

function normals(random, into, at, many) {
  const r = Math.sqrt(-2 * Math.log(1 - random())), turn = 2 * Math.PI * random();
  into[at] = r * Math.cos(turn);
  if (many > 1) into[at + 1] = r * Math.sin(turn);
}

// What component k expects at its place (u, v standard normal), and half a deviation from it.
function colour(from, k, u, v, spread, numbers, at, colours, i) {
  const p = numbers[at], q = numbers[at + 1], r = numbers[at + 2], own = from.own, o = 6 * k, l = Math.sqrt(from.xx[k]), m = Math.sqrt(from.rest[k]);
  for (let e = 0; e < 3; e++) {
    const a = from.tied[o + 2 * e] / l, b = (from.tied[o + 2 * e + 1] - a * (from.xy[k] / l)) / m;
    colours[3 * i + e] = from.mean[3 * k + e] + a * u + b * v;
  }
  colours[3 * i] += spread * own[o] * p;
  colours[3 * i + 1] += spread * (own[o + 1] * p + own[o + 2] * q);
  colours[3 * i + 2] += spread * (own[o + 3] * p + own[o + 4] * q + own[o + 5] * r);
}

// Dots that are spread evenly: one of each eight samples that follow one another on a Hilbert curve, moved to the middle
// of those that are nearest to it. A generator, which rests after some milliseconds' work. scale: pixels to a unit of x and y.
export function* evenDots(from, n, { scale = [1, 1], ...settings }) {
  const each = Math.max(1, Math.min(STRATUM, Math.floor(MOST_SAMPLES / Math.max(n, 1)))), all = each * n, random = randomly((settings.seed ?? 0) + 1);
  if (each === 1 || n === 0) return independentDots(from, all, settings);
  const x = new Float64Array(all), y = new Float64Array(all), which = new Int32Array(all), normal = new Float64Array(2 * all), plain = { ...from, colour: false };
  for (let first = 0; first < all; first += SOME) {  // the colours of most of them are never seen
    const some = Math.min(SOME, all - first), drawn = dotNumbers(some, false, (settings.seed ?? 0) + first), dots = independentDots(plain, some, { ...settings, drawn });
    for (let i = 0; i < some; i++) {
      x[first + i] = dots.places[2 * i] * scale[0]; y[first + i] = dots.places[2 * i + 1] * scale[1];
      normal[2 * (first + i)] = drawn.numbers[3 * i + 1]; normal[2 * (first + i) + 1] = drawn.numbers[3 * i + 2];
    }
    which.set(dots.which, first);
    yield;
  }
  const order = yield* alongCurve(x, y);
  const chosen = Int32Array.from({ length: n }, (_, i) => order[i * each + Math.floor(random() * each)]);
  const mx = Float64Array.from(chosen, (i) => x[i]), my = Float64Array.from(chosen, (i) => y[i]), owner = new Int32Array(all);
  for (let j = 0; j < all; j++) owner[j] = Math.floor(j / each);  // that of its own eight is near
  for (let round = 0; round < LLOYD_ROUNDS; round++) {
    const nearest = nearestDot(mx, my), sums = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    yield;
    const step = 2 ** (LLOYD_ROUNDS - 1 - round);  // until the last, some of the samples tell well enough where dots move
    for (let j = 0; j < all; j += step) {
      const i = order[j], to = owner[j] = nearest(x[i], y[i], owner[j]);
      sums[0][to] += x[i]; sums[1][to] += y[i]; sums[2][to]++;
      if (j % SOME < step) yield;
    }
    for (let i = 0; i < n; i++) if (sums[2][i]) { mx[i] = sums[0][i] / sums[2][i]; my[i] = sums[1][i] / sums[2][i]; }
  }
  const made = { n, which: new Int32Array(n), places: new Float64Array(2 * n), colours: from.colour ? new Float64Array(3 * n) : null };
  const turn = Int32Array.from({ length: n }, (_, i) => i), spread = Math.sqrt(settings.sharpen ?? 1), own = new Float64Array(3);
  for (let i = n - 1; i > 0; i--) { const j = Math.floor(random() * (i + 1)); [turn[i], turn[j]] = [turn[j], turn[i]]; }
  for (let i = 0; i < n; i++) {
    const j = turn[i], at = chosen[j], k = (made.which[i] = which[at]);
    made.places[2 * i] = mx[j] / scale[0]; made.places[2 * i + 1] = my[j] / scale[1];
    if (!made.colours) continue;
    normals(random, own, 0, 2); normals(random, own, 2, 1);
    colour(from, k, normal[2 * at] * spread, normal[2 * at + 1] * spread, spread * CALM, own, 0, made.colours, i);
  }
  return made;
}

// The order of places along a Hilbert curve over their square.
function* alongCurve(x, y) {
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  for (let i = 0; i < x.length; i++) {
    left = Math.min(left, x[i]); right = Math.max(right, x[i]); top = Math.min(top, y[i]); bottom = Math.max(bottom, y[i]);
  }
  const bits = 12, scale = (2 ** bits - 1) / (Math.max(right - left, bottom - top) || 1), keys = new Uint32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    let p = Math.floor((x[i] - left) * scale), q = Math.floor((y[i] - top) * scale), key = 0;
    for (let half = 1 << (bits - 1); half; half >>= 1) {
      const east = (p & half) > 0 ? 1 : 0, south = (q & half) > 0 ? 1 : 0;
      key = (key << 2) | ((3 * east) ^ south);
      p &= half - 1; q &= half - 1;
      if (!south) {
        const other = east ? half - 1 - p : p;
        p = east ? half - 1 - q : q; q = other;
      }
    }
    keys[i] = key;
    if (i % (4 * SOME) === 0) yield;
  }
  let order = Int32Array.from({ length: x.length }, (_, i) => i), next = new Int32Array(x.length);
  for (const digit of [0, 12]) {  // sorted by the lower half of the key, then by the upper
    const starts = new Uint32Array(4097);
    for (let i = 0; i < keys.length; i++) starts[((keys[i] >>> digit) & 4095) + 1]++;
    for (let i = 1; i <= 4096; i++) starts[i] += starts[i - 1];
    for (let i = 0; i < keys.length; i++) next[starts[(keys[order[i]] >>> digit) & 4095]++] = order[i];
    [order, next] = [next, order];
    yield;
  }
  return order;
}

// A function from a place, and a guess, to the nearest of (x, y), which lie along a Hilbert curve: a tree of the boxes
// around each eight in a row, around each two of these, and so on.
function nearestDot(x, y) {
  const n = x.length, leaves = 2 ** Math.ceil(Math.log2(Math.max(1, n / 8))), boxes = new Float64Array(8 * leaves).fill(Infinity);
  for (let node = leaves; node < 2 * leaves; node++) {
    const first = 8 * (node - leaves), at = 4 * node;
    for (let i = first; i < Math.min(n, first + 8); i++) {  // left, top, and right, bottom with the other sign
      boxes[at] = Math.min(boxes[at], x[i]); boxes[at + 1] = Math.min(boxes[at + 1], y[i]);
      boxes[at + 2] = Math.min(boxes[at + 2], -x[i]); boxes[at + 3] = Math.min(boxes[at + 3], -y[i]);
    }
  }
  for (let node = leaves - 1; node > 0; node--) {
    for (let e = 0; e < 4; e++) boxes[4 * node + e] = Math.min(boxes[8 * node + e], boxes[8 * node + 4 + e]);
  }
  const away = (node, px, py) => {
    const at = 4 * node, dx = Math.max(boxes[at] - px, px + boxes[at + 2], 0), dy = Math.max(boxes[at + 1] - py, py + boxes[at + 3], 0);
    return dx * dx + dy * dy;
  };
  const waiting = new Int32Array(64), apart = new Float64Array(64);  // nodes that are farther than their sisters, to be looked at later
  return (px, py, guess) => {
    let found = guess, best = (x[guess] - px) ** 2 + (y[guess] - py) ** 2, node = 1, high = 0;
    for (;;) {
      while (node < leaves) {
        const one = away(2 * node, px, py), other = away(2 * node + 1, px, py), first = one <= other ? 2 * node : 2 * node + 1;
        const far = one <= other ? other : one;
        if (far < best) { waiting[high] = 4 * node + 1 - first; apart[high++] = far; }
        if ((one <= other ? one : other) >= best) { node = 0; break; }
        node = first;
      }
      if (node) {
        for (let i = 8 * (node - leaves), end = Math.min(n, i + 8); i < end; i++) {
          const far = (x[i] - px) ** 2 + (y[i] - py) ** 2;
          if (far < best) { best = far; found = i; }
        }
      }
      do {
        if (high === 0) return found;
        node = waiting[--high];
      } while (apart[high] >= best);
    }
  };
}

// Dots whose colours the mixture hardly ever has at their place get one that is plausible there, within the frame.
// which: the dots that are looked at.
export function plausible(from, dots, [left, top, right, bottom], { sharpen = 1, count = null, which = null }) {
  if (!dots.colours || !from.count || which?.length === 0) return dots;
  const all = which?.length ?? dots.n, unit = Math.max(right - left, bottom - top) / (all < FEW_LOOKED_AT ? 128 : 512), wide = Math.ceil((right - left) / unit), high = Math.ceil((bottom - top) / unit);
  const seen = seenGaussians(from, { left, top, across: unit, down: unit, sharpen, count, blur: 0 });
  const { side, across, start, many, entries } = cellLists(seen, wide, high, { error: 1 / 64 });
  const { x, y, s, a, b, c, mean, gain } = seen, colours = dots.colours, expected = [0, 0, 0], square = [0, 0, 0];
  for (let n = 0; n < all; n++) {
    const i = which ? which[n] : n, px = (dots.places[2 * i] - left) / unit, py = (dots.places[2 * i + 1] - top) / unit;
    if (!(px >= 0 && py >= 0 && px < wide && py < high)) continue;
    const cell = Math.floor(py / side) * across + Math.floor(px / side), first = start[cell], end = first + many[cell];
    let most = -Infinity, total = 0;
    expected.fill(0); square.fill(0);
    for (let j = first; j < end; j++) {
      const k = entries[j], dx = px - x[k], dy = py - y[k], e = s[k] - 0.5 * ((a[k] * dx) ** 2 + (b[k] * dx + c[k] * dy) ** 2);
      if (e > most) {
        const less = Math.exp(most - e);
        total *= less; most = e;
        for (let h = 0; h < 3; h++) { expected[h] *= less; square[h] *= less; }
      }
      const share = Math.exp(e - most);
      total += share;
      for (let h = 0; h < 3; h++) {
        const there = mean[3 * k + h] + gain[6 * k + 2 * h] * dx + gain[6 * k + 2 * h + 1] * dy;
        expected[h] += share * there; square[h] += share * (there * there + sharpen * CALM ** 2 * from.within[3 * k + h]);
      }
    }
    let far = 1;
    for (let h = 0; h < 3; h++) {
      expected[h] /= total;
      const deviation = Math.sqrt(Math.max(1e-12, square[h] / total - expected[h] ** 2));
      far = Math.max(far, Math.abs(colours[3 * i + h] - expected[h]) / (PLAUSIBLE * deviation));
    }
    for (let h = 0; h < 3; h++) colours[3 * i + h] = expected[h] + (colours[3 * i + h] - expected[h]) / far;
  }
  return dots;
}
