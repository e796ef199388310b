// The calculus of a mixture {k, d, weights, means, factors}, in closed form. Parts are never written into.
import {lowerOf, solveLower} from './matrices.js';
import {WIDEST, normalBelow, normalBetween, normalBeyond} from './normal.js';

export const LOG_2PI = Math.log(2 * Math.PI);

/** The parts with these numbers, in this order, with the weights that they have. */
export function heldParts(parts, indices) {
  const {d} = parts, k = indices.length, weights = new Float64Array(k);
  const means = new Float64Array(k * d), factors = new Float64Array(k * d * d);
  indices.forEach((i, c) => {
    weights[c] = parts.weights[i];
    means.set(parts.means.subarray(i * d, (i + 1) * d), c * d);
    factors.set(parts.factors.subarray(i * d * d, (i + 1) * d * d), c * d * d);
  });
  return {k, d, weights, means, factors};
}

/** The same; their weights are shared out anew to sum to 1. */
export function subsetOf(parts, indices) {
  const held = heldParts(parts, indices), total = held.weights.reduce((sum, weight) => sum + weight, 0);
  return {...held, weights: held.weights.map((weight) => (total > 0 ? weight / total : 1 / held.k))};
}

/** {long, short, turn} of part i on two coordinates: standard deviations, and the angle of the long axis in radians. */
export function axesOf(parts, i, [a, b] = [0, 1]) {
  const {d, factors} = parts, at = i * d * d;
  let xx = 0, xy = 0, yy = 0;
  for (let c = 0; c < d; c++) {
    const x = factors[at + a * d + c], y = factors[at + b * d + c];
    xx += x * x;
    xy += x * y;
    yy += y * y;
  }
  const half = 0.5 * (xx - yy), reach = Math.hypot(half, xy), largest = 0.5 * (xx + yy) + reach;
  const turn = reach === 0 ? 0 : 0.5 * Math.atan2(2 * xy, xx - yy);
  const area = areaOf(parts, i, a, b); // the product of the axes: the short one loses no digits
  const long = Math.sqrt(largest);
  return {long, short: long > 0 ? Math.min(area / long, long) : 0, turn: turn <= -Math.PI / 2 ? Math.PI / 2 : turn};
}

/** The root of the determinant of part i on two coordinates. */
function areaOf(parts, i, a, b) {
  const [l, , , r] = marginalFactor(parts, i, [a, b]);
  return l * r;
}

/** The standard deviation of part i in one coordinate. */
export function spreadOn({d, factors}, i, axis) {
  let square = 0;
  for (let c = 0; c <= axis; c++) square += factors[(i * d + axis) * d + c] ** 2;
  return Math.sqrt(square);
}

/** ln w_i N(x; m_i, S_i) of every part: -Infinity where the weight is 0. x: one place, d numbers. */
export function logTerms(parts, x) {
  const {k, d, weights, means, factors} = parts, out = new Float64Array(k);
  const away = new Float64Array(d), z = new Float64Array(d);
  for (let i = 0; i < k; i++) {
    for (let c = 0; c < d; c++) away[c] = x[c] - means[i * d + c];
    solveLower(factors, away, d, i * d * d, z);
    let log = Math.log(weights[i]) - 0.5 * d * LOG_2PI, squares = 0;
    for (let c = 0; c < d; c++) {
      log -= Math.log(factors[(i * d + c) * d + c]);
      squares += z[c] * z[c];
    }
    out[i] = log - 0.5 * squares;
  }
  return out;
}

/** ln of the sum of exp; -Infinity of none. */
export function logSum(terms) {
  let top = -Infinity, sum = 0;
  for (const term of terms) top = Math.max(top, term);
  if (top === -Infinity) return top;
  for (const term of terms) sum += Math.exp(term - top);
  return top + Math.log(sum);
}

/** ln p(x) at one place. */
export function logDensity(parts, x) {
  return logSum(logTerms(parts, x));
}

/** The posterior probability of each part, given x. */
export function responsibilities(parts, x) {
  const terms = logTerms(parts, x), total = logSum(terms);
  return terms.map((term) => (total === -Infinity ? 0 : Math.exp(term - total)));
}

function marginalFactor(parts, i, axes) {
  const {d, factors} = parts, rows = new Float64Array(axes.length * d);
  axes.forEach((axis, row) => rows.set(factors.subarray((i * d + axis) * d, (i * d + axis + 1) * d), row * d));
  return lowerOf(rows, axes.length, d);
}

/** The distribution of some coordinates, in the order of `axes`. */
export function marginal(parts, axes) {
  const {k, d, weights} = parts, m = axes.length;
  const means = new Float64Array(k * m), factors = new Float64Array(k * m * m);
  for (let i = 0; i < k; i++) {
    axes.forEach((axis, c) => { means[i * m + c] = parts.means[i * d + axis]; });
    factors.set(marginalFactor(parts, i, axes), i * m * m);
  }
  return {k, d: m, weights, means, factors};
}

/** The distribution of the other coordinates, in their order, given {coordinate: value}. */
export function conditional(parts, given) {
  const {k, d} = parts, known = Object.keys(given).map(Number).sort((a, b) => a - b), n = known.length;
  const free = Array.from({length: d}, (_, i) => i).filter((i) => !known.includes(i)), m = free.length;
  const means = new Float64Array(k * m), factors = new Float64Array(k * m * m), logs = new Float64Array(k);
  const away = new Float64Array(n);
  for (let i = 0; i < k; i++) {
    const factor = marginalFactor(parts, i, [...known, ...free]); // the free coordinates last
    known.forEach((axis, c) => { away[c] = given[axis] - parts.means[i * d + axis]; });
    logs[i] = Math.log(parts.weights[i]);
    const z = new Float64Array(n);
    for (let r = 0; r < n; r++) {
      let sum = away[r];
      for (let c = 0; c < r; c++) sum -= factor[r * d + c] * z[c];
      z[r] = sum / factor[r * d + r];
      logs[i] -= 0.5 * z[r] * z[r] + Math.log(factor[r * d + r]);
    }
    for (let r = 0; r < m; r++) {
      let mean = parts.means[i * d + free[r]];
      for (let c = 0; c < n; c++) mean += factor[(n + r) * d + c] * z[c];
      means[i * m + r] = mean;
      for (let c = 0; c <= r; c++) factors[(i * m + r) * m + c] = factor[(n + r) * d + n + c];
    }
  }
  const total = logSum(logs);
  const weights = total === -Infinity ? parts.weights : logs.map((log) => Math.exp(log - total));
  return {k, d: m, weights, means, factors};
}

/** {mean (d), covariance (d d)} of the whole mixture. */
export function moments(parts) {
  const {k, d, weights, means, factors} = parts;
  const mean = new Float64Array(d), covariance = new Float64Array(d * d);
  for (let i = 0; i < k; i++) for (let a = 0; a < d; a++) mean[a] += weights[i] * means[i * d + a];
  for (let i = 0; i < k; i++) {
    for (let a = 0; a < d; a++) {
      for (let b = 0; b < d; b++) {
        let sum = (means[i * d + a] - mean[a]) * (means[i * d + b] - mean[b]);
        for (let c = 0; c <= Math.min(a, b); c++) sum += factors[(i * d + a) * d + c] * factors[(i * d + b) * d + c];
        covariance[a * d + b] += weights[i] * sum;
      }
    }
  }
  return {mean, covariance};
}

/** The mass in a box [x0, y0, x1, y1] of two coordinates; sides may be infinite. */
export function boxMass(parts, box, axes = [0, 1]) {
  const clip = (z) => Math.max(-WIDEST, Math.min(WIDEST, z));
  let mass = 0;
  for (let i = 0; i < parts.k; i++) {
    const [l, , below, r] = marginalFactor(parts, i, axes), wide = Math.hypot(below, r);
    const [x, y] = axes.map((axis) => parts.means[i * parts.d + axis]);
    const x0 = clip((box[0] - x) / l), x1 = clip((box[2] - x) / l);
    const y0 = clip((box[1] - y) / wide), y1 = clip((box[3] - y) / wide);
    const across = normalBetween(x0, x1), up = normalBetween(y0, y1);
    if (!(parts.weights[i] > 0 && across > 0 && up > 0)) continue;
    let held = across * up;
    if (across === 1 || up === 1) held = Math.min(across, up);
    else if (below !== 0) {
      const alike = below / wide, corner = (h, k) => normalBeyond(h, k, alike, (r / wide) ** 2);
      held = corner(x0, y0) - corner(x1, y0) - corner(x0, y1) + corner(x1, y1);
    }
    mass += parts.weights[i] * Math.max(0, Math.min(held, across, up));
  }
  return Math.min(mass, 1);
}

/** The value that a share p of a mixture in one coordinate lies below, 0 < p < 1. */
export function quantile(parts, p) {
  const {k, weights, means, factors} = parts;
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < k; i++) {
    if (!(weights[i] > 0)) continue;
    low = Math.min(low, means[i] - WIDEST * factors[i]);
    high = Math.max(high, means[i] + WIDEST * factors[i]);
  }
  for (let step = 0; step < 200; step++) {
    const middle = 0.5 * (low + high);
    if (!(low < middle && middle < high)) break;
    let below = 0;
    for (let i = 0; i < k; i++) below += weights[i] * normalBelow((middle - means[i]) / factors[i]);
    if (below < p) low = middle;
    else high = middle;
  }
  return 0.5 * (low + high);
}
