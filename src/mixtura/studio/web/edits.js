// Every edit, from document to document. An edit that would break the mixture, or changes nothing, gives back the same document.
import {PIN_WEIGHT, isColoured, rgbOf, withParts, wrongWith} from './document.js';
import {axesOf, spreadOn, subsetOf} from './algebra.js';
import {lowerOf} from './matrices.js';
import {mergeParts, splitPart} from './reduction.js';
import {resizedWith} from './families.js';

const LONGEST_NAME = 80;
const LEAST_WEIGHT = 1e-6;

/** The document with its parts changed by hand. */
function edited(document, parts, from = null) {
  if (wrongWith(parts)) return document;
  const fit = {...document.fit, k: parts.k, objective: null, criteria: null};
  return {...withParts(document, parts, from), byHand: true, fit};
}

/**
 * x -> to + A (x - from) on the axes shown, for these components: means follow, and S -> A S A' carries the other
 * coordinates along. A: n x n by rows, of n axes.
 */
export function transform(document, indices, A, from, to) {
  const {parts, axes} = document, {d} = parts, n = axes.length;
  const means = parts.means.slice(), same = A.every((a, at) => a === (at % (n + 1) === 0 ? 1 : 0));
  const factors = same ? parts.factors : parts.factors.slice();
  for (const i of indices) {
    const mean = axes.map((axis) => parts.means[i * d + axis]);
    axes.forEach((axis, r) => {
      let value = mean[r] + (to[r] - from[r]); // kept to the bit where A is 1
      for (let c = 0; c < n; c++) value += (A[r * n + c] - (r === c ? 1 : 0)) * (mean[c] - from[c]);
      means[i * d + axis] = value;
    });
    if (same) continue;
    const rows = parts.factors.slice(i * d * d, (i + 1) * d * d);
    axes.forEach((axis, r) => {
      for (let j = 0; j < d; j++) {
        let sum = 0;
        for (let c = 0; c < n; c++) sum += A[r * n + c] * parts.factors[(i * d + axes[c]) * d + j];
        rows[axis * d + j] = sum;
      }
    });
    factors.set(lowerOf(rows, d, d), i * d * d);
  }
  return edited(document, {...parts, means, factors});
}

const identityOf = (n) => Array.from({length: n * n}, (_, at) => (at % (n + 1) === 0 ? 1 : 0));

/** Several moved by the same way. */
export function moveBy(document, indices, way) {
  return transform(document, indices, identityOf(way.length), way.map(() => 0), way);
}

/** Component i with S -> A S A' about its mean. */
export function shape(document, i, A) {
  const mean = document.axes.map((axis) => document.parts.means[i * document.parts.d + axis]);
  return transform(document, [i], A, mean, mean);
}

/** The A that turns axes at the angle `turn` by `by`, after stretching the long and the short one. */
export function stretching(turn, long, short, by = 0) {
  const c = Math.cos(turn), s = Math.sin(turn), C = Math.cos(turn + by), S = Math.sin(turn + by);
  return [C * long * c + S * short * s, C * long * s - S * short * c, S * long * c - C * short * s, S * long * s + C * short * c];
}

/** Component i with a weight. */
export const weigh = (document, i, weight) => weighAll(document, [i], weight);

/** Several with a weight together, each with its share of before; the others, but those whose weights are pinned, with what is left. */
export function weighAll(document, indices, weight) {
  const {parts, pins} = document, chosen = new Set(indices);
  let now = 0, held = 0, free = 0;
  parts.weights.forEach((w, j) => {
    if (chosen.has(j)) now += w;
    else if (pins[j] & PIN_WEIGHT) held += w;
    else free += w;
  });
  if (free === 0 || !Number.isFinite(weight)) return document;
  const most = 1 - held, target = Math.min(Math.max(weight, LEAST_WEIGHT * most), (1 - LEAST_WEIGHT) * most), scale = (most - target) / free;
  const share = (w) => (now > 0 ? (w * target) / now : target / chosen.size);
  return edited(document, {...parts, weights: parts.weights.map((w, j) => (chosen.has(j) ? share(w) : pins[j] & PIN_WEIGHT ? w : w * scale))});
}

/** Each of these split in two along its longest axis; the new halves come last. */
export function splitMany(document, indices) {
  let {parts} = document;
  const from = Array.from({length: parts.k}, (_, i) => i);
  for (const i of indices) {
    parts = splitPart(parts, i);
    from.push(i);
  }
  const found = edited(document, parts, from);
  if (found === document) return document;
  const names = found.names.map((name, i) => (i < document.parts.k ? name : null));
  return {...found, names};
}

/** These as one, with their moments, at the place of the lowest. */
export function mergeMany(document, indices) {
  const chosen = new Set(indices);
  if (chosen.size < 2) return document;
  const first = Math.min(...chosen), heaviest = indices.reduce((a, b) => (document.parts.weights[b] > document.parts.weights[a] ? b : a));
  const from = [];
  for (let i = 0; i < document.parts.k; i++) if (i === first) from.push(heaviest); else if (!chosen.has(i)) from.push(i);
  return edited(document, mergeParts(document.parts, [...chosen].sort((a, b) => a - b)), from);
}

/** A copy of each beside it, a third of its width away; weights are halved. The copies come last. */
export function duplicate(document, indices) {
  const {parts, axes} = document, {k, d} = parts, m = k + indices.length;
  const weights = new Float64Array(m), means = new Float64Array(m * d), factors = new Float64Array(m * d * d);
  weights.set(parts.weights);
  means.set(parts.means);
  factors.set(parts.factors);
  indices.forEach((i, c) => {
    weights[i] = weights[k + c] = 0.5 * parts.weights[i];
    means.set(parts.means.subarray(i * d, (i + 1) * d), (k + c) * d);
    factors.set(parts.factors.subarray(i * d * d, (i + 1) * d * d), (k + c) * d * d);
    for (const axis of axes) means[(k + c) * d + axis] += spreadOn(parts, i, axis) / 3;
  });
  const found = edited(document, {k: m, d, weights, means, factors}, [...Array(k).keys(), ...indices]);
  return {...found, names: found.names.map((name, i) => (i < k ? name : null))};
}

/** Without these; one stays. */
export function remove(document, indices) {
  const gone = new Set(indices), kept = [...Array(document.parts.k).keys()].filter((i) => !gone.has(i));
  if (!kept.length || !gone.size) return document;
  return edited(document, subsetOf(document.parts, kept), kept);
}

/** These left out of pictures, or shown again where all of them are. */
export function hide(document, indices) {
  return {...document, hidden: toggledBits(document.hidden, indices, 1)};
}

/** These with a pin (PIN_MEAN, ...) set, or taken away where all of them have it. */
export function pin(document, indices, bit) {
  return {...document, pins: toggledBits(document.pins, indices, bit)};
}

function toggledBits(flags, indices, bit) {
  const on = !indices.every((i) => flags[i] & bit), next = flags.slice();
  for (const i of indices) next[i] = on ? next[i] | bit : next[i] & ~bit;
  return next;
}

/** Component i with a name; an empty one takes it away. */
export function rename(document, i, name) {
  const text = name.trim().slice(0, LONGEST_NAME) || null;
  return text === document.names[i] ? document : {...document, names: document.names.map((old, j) => (j === i ? text : old))};
}

/** These in a colour #rrggbb: in a coloured picture that of their mean, else of their marks alone. */
export function recolour(document, indices, hex) {
  if (!/^#[0-9a-f]{6}$/i.test(hex)) return document;
  if (!isColoured(document)) {
    const chosen = new Set(indices);
    return {...document, colours: document.colours.map((old, i) => (chosen.has(i) ? hex.toLowerCase() : old))};
  }
  const means = document.parts.means.slice();
  for (const i of indices) means.set(rgbOf(hex), i * document.parts.d + 2);
  return edited(document, {...document.parts, means});
}

/**
 * One component more, at a mean on the axes shown, with a lower factor there (n x n), of weight 1 / K. What it is in
 * the other coordinates, the points under it tell, and where there are none, the mixture.
 */
export function add(document, place, factor) {
  const {source, axes} = document, {d} = source, n = axes.length, {mean, spread} = aroundEllipse(document, place, factor);
  const before = document.parts ?? {k: 0, d, weights: [], means: [], factors: []}, k = before.k + 1;
  const weights = new Float64Array(k), means = new Float64Array(k * d), factors = new Float64Array(k * d * d);
  weights.set(Array.from(before.weights, (w) => (w * (k - 1)) / k));
  weights[k - 1] = 1 / k;
  means.set(before.means);
  means.set(mean, (k - 1) * d);
  factors.set(before.factors);
  const rows = new Float64Array(d * d);
  for (let j = 0; j < d; j++) rows[j * d + j] = spread[j];
  axes.forEach((axis, r) => {
    rows.fill(0, axis * d, (axis + 1) * d);
    for (let c = 0; c < n; c++) rows[axis * d + axes[c]] = factor[r * n + c];
  });
  factors.set(lowerOf(rows, d, d), (k - 1) * d * d);
  return edited(document, {k, d, weights, means, factors}, [...Array(k - 1).keys(), -1]);
}

/** {mean (d), spread (d)} of what lies under an ellipse: of points if there are, else of components. */
function aroundEllipse({source, parts, axes, range}, place, factor) {
  const {d, points} = source, n = axes.length, mean = new Float64Array(d), spread = new Float64Array(d);
  const share = (at) => { // of a place under the ellipse
    const u = (at(axes[0]) - place[0]) / factor[0];
    if (n === 1) return Math.exp(-0.5 * u * u);
    const v = (at(axes[1]) - place[1] - factor[2] * u) / factor[3];
    return Math.exp(-0.5 * (u * u + v * v));
  };
  const sums = new Float64Array(3 * d); // of shares, of values, of squares
  const learn = (at, weight, width) => {
    const s = weight * share(at);
    if (!(s > 1e-12)) return;
    for (let j = 0; j < d; j++) {
      const value = at(j);
      if (Number.isNaN(value)) continue;
      sums[3 * j] += s;
      sums[3 * j + 1] += s * value;
      sums[3 * j + 2] += s * (value * value + width(j));
    }
  };
  for (let i = 0; i < (points?.length ?? 0); i += d) learn((j) => points[i + j], 1, () => 0);
  if (!sums.some((sum) => sum > 0) && parts) {
    for (let i = 0; i < parts.k; i++) learn((j) => parts.means[i * d + j], parts.weights[i], (j) => spreadOn(parts, i, j) ** 2);
  }
  for (let j = 0; j < d; j++) {
    const [total, sum, squares] = sums.subarray(3 * j, 3 * j + 3), wide = range[2 * j + 1] - range[2 * j];
    mean[j] = total > 0 ? sum / total : (range[2 * j] + range[2 * j + 1]) / 2;
    spread[j] = Math.max(Math.sqrt(Math.max(0, total > 0 ? squares / total - mean[j] ** 2 : 0)), wide / 30);
  }
  axes.forEach((axis, r) => { mean[axis] = place[r]; });
  return {mean, spread};
}

/** Component i with a typed number as coordinate j of its mean. */
export function setMean(document, i, j, value) {
  if (!Number.isFinite(value)) return document;
  const means = document.parts.means.slice();
  means[i * document.parts.d + j] = value;
  return edited(document, {...document.parts, means});
}

/** Component i with a typed standard deviation along its 'long' or 'short' axis, on the axes shown. */
export function setSpread(document, i, which, value) {
  if (!(value > 0 && value < Infinity)) return document;
  if (document.axes.length === 1) return shape(document, i, [value / spreadOn(document.parts, i, document.axes[0])]);
  const {long, short, turn} = axesOf(document.parts, i, document.axes);
  return shape(document, i, which === 'long' ? stretching(turn, value / long, 1) : stretching(turn, 1, value / short));
}

/** Component i with its long axis at a typed angle, in radians. */
export function setTurn(document, i, value) {
  if (!Number.isFinite(value) || document.axes.length === 1) return document;
  const {turn} = axesOf(document.parts, i, document.axes);
  return shape(document, i, stretching(turn, 1, 1, value - turn));
}

/** K components: the heaviest are split, or the nearest merged. */
export function setCount(document, k) {
  if (!Number.isInteger(k) || k < 1 || k === document.fit.k) return document;
  if (!document.parts) return {...document, fit: {...document.fit, k}};
  const {parts: old} = document, [parts, pins] = resizedWith(old, document.pins, k, 'full');
  const alike = (i, was) => ['means', 'factors'].every((name) => {
    const many = parts[name].length / parts.k;
    for (let c = 0; c < many; c++) if (parts[name][i * many + c] !== old[name][was * many + c]) return false;
    return true;
  });
  const places = new Map(); // where components stay as they are: those of before by their first coordinate
  for (let i = 0; i < old.k; i++) places.set(old.means[i * old.d], [...places.get(old.means[i * old.d]) ?? [], i]);
  const from = Array.from({length: parts.k}, (_, i) => places.get(parts.means[i * old.d])?.find((was) => alike(i, was)) ?? (k > old.k && i < old.k ? i : -1));
  const next = edited(document, parts, from);
  return next === document ? document : {...next, pins};
}
