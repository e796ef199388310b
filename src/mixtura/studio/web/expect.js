// The E-step: points and parts -> the sums that an M-step needs, exact up to rounding, in tiles that stay in the cache.

import {LOG_2PI} from './algebra.js';
import {invertLower} from './matrices.js';

const TILE = 256; // points whose responsibilities are at hand at a time
const NEGLIGIBLE = -80; // nats below the largest term of a point: e to this, times any number of points, is below rounding

// exp(x) = 2^-(n / 64) exp(rest), with |rest| below ln 2 / 128; ln 2 / 64 in two numbers, the first of few digits.
const EIGHTS = Float64Array.from({length: 64}, (_, i) => 2 ** (-i / 64));
const POWERS = Float64Array.from({length: 128}, (_, i) => 2 ** -i);
const STEP_HIGH = 0.010830417275428772, STEP_LOW = 7.420820373486988e-9, STEPS = 64 / Math.LN2;

/** e to the x, of -80 <= x <= 0, up to two steps of a float64: twice as fast as Math.exp, of which an E-step is made. */
function exponential(x) {
  const n = (0.5 - x * STEPS) | 0, rest = x + n * STEP_HIGH + n * STEP_LOW;
  const series = 1 + rest * (1 + rest * (1 / 2 + rest * (1 / 6 + rest * (1 / 24 + rest * (1 / 120 + rest / 720)))));
  return series * EIGHTS[n & 63] * POWERS[n >> 6];
}

/** Points by columns: {n, d, columns: Float64Array(d n)}, of rows (n d). */
export function byColumns(points, d) {
  const n = points.length / d, columns = new Float64Array(n * d);
  for (let p = 0; p < n; p++) for (let c = 0; c < d; c++) columns[c * n + p] = points[p * d + c];
  return {n, d, columns};
}

/** {whiteners (k d d), scales (k)}: the inverse factors, and ln of each part's weighted density at its own mean. */
export function whitened(parts) {
  const {k, d, weights, factors} = parts, square = d * d;
  const whiteners = new Float64Array(k * square), scales = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    const at = i * square;
    invertLower(factors, whiteners, d, at);
    scales[i] = Math.log(weights[i]) - 0.5 * d * LOG_2PI;
    for (let r = 0; r < d; r++) scales[i] += Math.log(whiteners[at + r * d + r]);
  }
  return {whiteners, scales};
}

/** Writes the log terms of part i at `count` points from `first` into `out` from `at`, and raises `tops` to them. */
function logsOfPart(points, parts, {whiteners, scales}, i, first, count, out, at, tops) {
  const {n, d, columns} = points, means = parts.means, scale = scales[i];
  if (d === 2) {
    const mx = means[2 * i], my = means[2 * i + 1];
    const a = whiteners[4 * i], b = whiteners[4 * i + 2], c = whiteners[4 * i + 3];
    for (let t = 0; t < count; t++) {
      const x = columns[first + t] - mx, y = columns[n + first + t] - my;
      const u = a * x, v = b * x + c * y, term = scale - 0.5 * (u * u + v * v);
      out[at + t] = term;
      if (term > tops[t]) tops[t] = term;
    }
    return;
  }
  for (let t = 0; t < count; t++) {
    let squares = 0;
    for (let r = 0; r < d; r++) {
      let z = 0;
      const row = (i * d + r) * d;
      for (let c = 0; c <= r; c++) z += whiteners[row + c] * (columns[c * n + first + t] - means[i * d + c]);
      squares += z * z;
    }
    out[at + t] = scale - 0.5 * squares;
    if (out[at + t] > tops[t]) tops[t] = out[at + t];
  }
}

/** Calls visit(first, count, terms, tops) for each tile: terms (k TILE) are the logs, tops the largest of each point. */
function overTiles(points, parts, visit) {
  const {n} = points, {k} = parts, form = whitened(parts);
  const terms = new Float64Array(k * TILE), tops = new Float64Array(TILE);
  for (let first = 0; first < n; first += TILE) {
    const count = Math.min(TILE, n - first);
    tops.fill(-Infinity);
    for (let i = 0; i < k; i++) {
      const at = i * TILE;
      if (parts.weights[i] === 0) {
        terms.fill(-Infinity, at, at + count);
        continue;
      }
      logsOfPart(points, parts, form, i, first, count, terms, at, tops);
    }
    visit(first, count, terms, tops);
  }
}

/**
 * {mass (k), first (k d), second (k d d, its lower half), logLikelihood (the mean of a point), n}: responsibilities
 * times 1, x - mean, and the squares of that.
 */
export function expectation(points, parts) {
  const {n, d, columns} = points, {k, means} = parts;
  const moments = {mass: new Float64Array(k), first: new Float64Array(k * d), second: new Float64Array(k * d * d)};
  const sums = new Float64Array(TILE);
  let logLikelihood = 0;
  overTiles(points, parts, (begin, count, terms, tops) => {
    sums.fill(0);
    for (let i = 0; i < k; i++) shareOut(terms, tops, sums, i * TILE, count);
    let logs = 0;
    for (let t = 0; t < count; t++) {
      logs += tops[t] + Math.log(sums[t]);
      sums[t] = 1 / sums[t];
    }
    logLikelihood += logs;
    for (let i = 0; i < k; i++) {
      if (d === 2) momentsInPlane(columns, n, means, terms, sums, i, begin, count, moments);
      else momentsInSpace(columns, n, means, terms, sums, i, begin, count, moments);
    }
  });
  return {...moments, logLikelihood: logLikelihood / n, n};
}

/** Turns the terms of a part into shares that do not sum to one yet, and adds them to the sums of the points. */
function shareOut(terms, tops, sums, at, count) {
  for (let t = 0; t < count; t++) {
    const below = terms[at + t] - tops[t];
    if (below > NEGLIGIBLE) {
      const share = exponential(below);
      terms[at + t] = share;
      sums[t] += share;
    } else terms[at + t] = 0;
  }
}

function momentsInPlane(columns, n, means, terms, sums, i, begin, count, {mass, first, second}) {
  const mx = means[2 * i], my = means[2 * i + 1], at = i * TILE;
  let m = 0, fx = 0, fy = 0, xx = 0, xy = 0, yy = 0;
  for (let t = 0; t < count; t++) {
    if (terms[at + t] === 0) continue;
    const share = terms[at + t] * sums[t], x = columns[begin + t] - mx, y = columns[n + begin + t] - my;
    const sx = share * x, sy = share * y;
    m += share;
    fx += sx;
    fy += sy;
    xx += sx * x;
    xy += sx * y;
    yy += sy * y;
  }
  mass[i] += m;
  first[2 * i] += fx;
  first[2 * i + 1] += fy;
  second[4 * i] += xx;
  second[4 * i + 2] += xy;
  second[4 * i + 3] += yy;
}

function momentsInSpace(columns, n, means, terms, sums, i, begin, count, {mass, first, second}) {
  const d = means.length / mass.length, away = new Float64Array(d);
  for (let t = 0; t < count; t++) {
    const share = terms[i * TILE + t] * sums[t];
    if (!(share > 0)) continue;
    mass[i] += share;
    for (let a = 0; a < d; a++) {
      away[a] = columns[a * n + begin + t] - means[i * d + a];
      const x = share * away[a], row = (i * d + a) * d;
      first[i * d + a] += x;
      for (let b = 0; b <= a; b++) second[row + b] += x * away[b];
    }
  }
}

/** {labels: Int32Array(n), surest: the sum of ln of each point's largest responsibility}. */
export function labelled(points, parts) {
  const labels = new Int32Array(points.n), {k} = parts;
  let surest = 0;
  overTiles(points, parts, (begin, count, terms, tops) => {
    for (let t = 0; t < count; t++) {
      let sum = 0, best = -1;
      for (let i = 0; i < k; i++) {
        const below = terms[i * TILE + t] - tops[t];
        if (below > NEGLIGIBLE) sum += Math.exp(below);
        if (below === 0 && best < 0) best = i;
      }
      labels[begin + t] = best;
      surest -= Math.log(sum);
    }
  });
  return {labels, surest};
}
