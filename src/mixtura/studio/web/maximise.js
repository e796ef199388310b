// The M-step: the sums of an E-step -> parts, as in Python's em/maximise.py: families, a floor, pins, a prior.
import {whitened} from './expect.js';
import {chol, eigen, gram} from './matrices.js';
import {longestAxis, thinned} from './reduction.js';
import {heldBy} from './uniting.js';

const KEEPS_MEAN = 1, KEEPS_COVARIANCE = 2, KEEPS_WEIGHT = 4; // bits of a pin
const EPS = 2 ** -52;
const LOST = 1e-12; // of an even share of the weight: a part with less has lost its points
const OWN = 32 * EPS; // the share of a column's variance that the others must leave, beside rounding

/** What went wrong, for a person: a sentence, and what to do about it. */
export class FitProblem extends Error {
  constructor(sentence, remedy) {
    super(sentence);
    this.remedy = remedy;
  }
}

/** The parts that have no points left. */
export function lostParts({mass, n}) {
  const found = [];
  for (let i = 0; i < mass.length; i++) if (!(mass[i] > (LOST * n) / mass.length)) found.push(i);
  return found;
}

/**
 * The parts that make the points of these sums likeliest, among those that are allowed.
 * settings: {kind, floor: added to variances, pins, prior: see priorOf}; floored: eigenvalues are raised to the floor
 * instead.
 */
export function maximised(sums, parts, settings, floored = false) {
  const {kind, floor, prior} = settings, {k, d} = parts, square = d * d, shared = kind === 'tied';
  const pins = settings.pins ?? new Uint8Array(k);
  const held = prior ? withPrior(sums, parts, prior, kind) : sums;
  const gone = new Set(lostParts(held)), mass = held.mass.map((m, i) => (gone.has(i) ? 0 : m));
  const shift = new Float64Array(k * d), means = Float64Array.from(parts.means);
  for (let i = 0; i < k; i++) {
    if (gone.has(i) || pins[i] & KEEPS_MEAN) continue;
    for (let a = 0; a < d; a++) {
      shift[i * d + a] = held.first[i * d + a] / mass[i];
      means[i * d + a] += shift[i * d + a];
    }
  }
  const scatters = scattersOf(held, mass, shift, d, kind);
  const factors = new Float64Array(k * square);
  scatters.forEach((scatter, i) => {
    const own = i * square;
    if (shared ? pins.some((pin) => pin & KEEPS_COVARIANCE) : gone.has(i) || pins[i] & KEEPS_COVARIANCE) {
      factors.set(parts.factors.subarray(own, own + square), own);
      return;
    }
    if (prior) {
      const counted = shared ? totalOf(held.mass) : held.mass[i];
      const ratio = ((kind === 'spherical' ? d : 1) * counted) / priorCount(prior, held.mass, i, d, kind);
      for (let c = 0; c < square; c++) scatter[c] *= ratio;
    }
    const covariance = floored ? raised(scatter, d, kind, floor) : widened(scatter, d, floor);
    factors.set(regularFactor(covariance, d, i), own);
  });
  if (shared) for (let i = 1; i < k; i++) factors.set(factors.subarray(0, square), i * square);
  const weights = Float64Array.from(sums.mass);
  for (const i of prior ? lostParts(sums) : gone) weights[i] = 0;
  return {k, d, weights: sharedOut(weights, parts.weights, pins), means, factors};
}

function totalOf(numbers) {
  return numbers.reduce((sum, value) => sum + value, 0);
}

/** The covariances about means that move by `shift`: one a part, or one of all for tied. */
function scattersOf({second}, mass, shift, d, kind) {
  const k = mass.length, shared = kind === 'tied', found = [];
  for (let i = 0; i < (shared ? 1 : k); i++) found.push(new Float64Array(d * d));
  const all = shared ? totalOf(mass) : 0;
  for (let i = 0; i < k; i++) {
    const scatter = found[shared ? 0 : i], divisor = shared ? all : mass[i] || 1, share = shared ? mass[i] : 1;
    for (let a = 0; a < d; a++) {
      const x = shift[i * d + a];
      for (let b = 0; b <= a; b++) {
        const own = second[(i * d + a) * d + b];
        scatter[a * d + b] += shared ? own - share * x * shift[i * d + b] : own / divisor - x * shift[i * d + b];
      }
    }
  }
  for (let i = 0; i < found.length; i++) {
    const scatter = found[i];
    if (shared) for (let c = 0; c < d * d; c++) scatter[c] /= all;
    for (let a = 0; a < d; a++) for (let b = 0; b < a; b++) scatter[b * d + a] = scatter[a * d + b];
    heldBy(kind, scatter, d);
  }
  // Where a mean moves by many of its new standard deviations, rounding leaves anything: as much is added.
  for (let i = 0; i < k; i++) {
    const extra = new Float64Array(d);
    for (let a = 0; a < d; a++) extra[a] = 8 * d * EPS * shift[i * d + a] ** 2 * (shared ? mass[i] / all : 1);
    if (kind === 'spherical') extra.fill(totalOf(extra) / d);
    for (let a = 0; a < d; a++) found[shared ? 0 : i][a * d + a] += extra[a];
  }
  return found;
}

function widened(covariance, d, extra) {
  for (let a = 0; a < d; a++) covariance[a * d + a] += extra;
  return covariance;
}

/** With eigenvalues, or variances, below the floor raised to it; the same array where there are none. */
function raised(covariance, d, kind, floor) {
  const out = new Float64Array(d * d);
  if (kind === 'diag' || kind === 'spherical') {
    let low = false;
    for (let a = 0; a < d; a++) {
      low ||= covariance[a * d + a] < floor;
      out[a * d + a] = Math.max(covariance[a * d + a], floor);
    }
    return low ? out : covariance;
  }
  const {values, vectors} = eigen(covariance, d);
  if (values.every((value) => value >= floor * (1 - 1e-9))) return covariance;
  for (let a = 0; a < d; a++) {
    for (let b = 0; b < d; b++) {
      for (let j = 0; j < d; j++) out[a * d + b] += Math.max(values[j], floor) * vectors[a * d + j] * vectors[b * d + j];
    }
  }
  return out;
}

/** The Cholesky factor of a covariance that is one beyond rounding; else a problem that says so. */
function regularFactor(covariance, d, i) {
  const factor = chol(covariance, d);
  let alone = factor !== null;
  for (let j = 0; alone && j < d; j++) { // S_jj times the j-th diagonal of the inverse: 1 / (1 - R^2)
    const column = new Float64Array(d);
    let explained = 0;
    for (let r = j; r < d; r++) {
      let sum = r === j ? 1 : 0;
      for (let c = j; c < r; c++) sum -= factor[r * d + c] * column[c];
      column[r] = sum / factor[r * d + r];
      explained += column[r] ** 2;
    }
    alone = explained * covariance[j * d + j] * OWN < 1;
  }
  if (alone) return factor;
  throw new FitProblem(`The points of component ${i + 1} lie on a point or a line, up to rounding, so it has no width.`,
    'Use fewer components, or a prior.');
}

/** Weights that sum to one: pinned ones as they are, the others in proportion. */
function sharedOut(weights, now, pins) {
  const free = weights.map((weight, i) => (pins[i] & KEEPS_WEIGHT ? 0 : weight)), sum = totalOf(free);
  if (!(sum > 0)) return Float64Array.from(now);
  let rest = 1;
  for (let i = 0; i < now.length; i++) if (pins[i] & KEEPS_WEIGHT) rest -= now[i];
  return free.map((weight, i) => (pins[i] & KEEPS_WEIGHT ? now[i] : (weight * rest) / sum));
}

/** What Fraley and Raftery 2007 believe of points before they are seen: {mean, scale (d d), precision, degrees}. */
export function priorOf({n, d, columns}, k, kind) {
  const mean = new Float64Array(d), scale = new Float64Array(d * d), shrink = k ** (2 / d);
  for (let a = 0; a < d; a++) mean[a] = totalOf(columns.subarray(a * n, (a + 1) * n)) / n;
  for (let a = 0; a < d; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let p = 0; p < n; p++) sum += (columns[a * n + p] - mean[a]) * (columns[b * n + p] - mean[b]);
      scale[a * d + b] = scale[b * d + a] = sum / n / shrink;
    }
  }
  return {mean, scale: heldBy(kind, scale, d), precision: 0.01, degrees: d + 2};
}

/** The sums with those of the points that the prior is worth, in each part. */
function withPrior(sums, parts, {mean, scale, precision}, kind) {
  const pooled = kind === 'spherical' ? parts.d : 1;
  const {k, d} = parts, mass = sums.mass.map((m) => m + precision);
  const first = Float64Array.from(sums.first), second = Float64Array.from(sums.second);
  for (let i = 0; i < k; i++) {
    for (let a = 0; a < d; a++) {
      const x = mean[a] - parts.means[i * d + a];
      first[i * d + a] += precision * x;
      for (let b = 0; b <= a; b++) {
        second[(i * d + a) * d + b] += precision * x * (mean[b] - parts.means[i * d + b]);
      }
    }
    if (kind === 'tied' && i > 0) continue; // one covariance for all has one scale
    for (let c = 0; c < d * d; c++) second[i * d * d + c] += scale[c] / pooled;
  }
  return {...sums, mass, first, second};
}

function priorCount({precision, degrees}, mass, i, d, kind) {
  const power = degrees + (kind === 'full' || kind === 'tied' ? d + 1 : 2);
  const points = kind === 'tied' ? totalOf(mass.map((m) => m - precision + 1)) : mass[i] - precision + 1;
  return (kind === 'spherical' ? d : 1) * points + power;
}

/** The log prior density of parts, up to a constant. */
export function logPrior({mean, scale, precision, degrees}, parts, kind) {
  const {k, d, means} = parts, {whiteners} = whitened(parts), shared = kind === 'tied';
  let logs = 0, traces = 0, far = 0;
  for (let i = 0; i < k; i++) {
    for (let r = 0; r < d; r++) {
      const row = (i * d + r) * d;
      logs += 2 * Math.log(whiteners[row + r]);
      let z = 0;
      for (let a = 0; a <= r; a++) z += whiteners[row + a] * (mean[a] - means[i * d + a]);
      far += z * z;
      if (shared && i > 0) continue;
      for (let a = 0; a <= r; a++) {
        for (let b = 0; b <= r; b++) traces += whiteners[row + a] * scale[a * d + b] * whiteners[row + b];
      }
    }
  }
  const pooled = kind === 'spherical' ? d : 1; // one variance, one trace
  const power = degrees + (kind === 'full' || shared ? d + 1 : 2);
  return 0.5 * ((power * logs) / (pooled * (shared ? k : 1)) + logs - traces / pooled - precision * far);
}

/** The nearest parts that are allowed: widths at the floor, and what is pinned as it is `now`. */
export function allowedParts(parts, now, {kind, floor, pins}) {
  const {k, d} = parts, square = d * d, factors = Float64Array.from(parts.factors);
  for (let i = 0; i < k; i++) {
    const own = i * square, covariance = gram(factors.subarray(own, own + square), d);
    const higher = raised(covariance, d, kind, floor);
    if (higher !== covariance) factors.set(regularFactor(higher, d, i), own);
  }
  const found = {...parts, factors};
  if (!pins) return found;
  found.weights = sharedOut(parts.weights, now.weights, pins);
  found.means = Float64Array.from(parts.means);
  for (let i = 0; i < k; i++) {
    if (pins[i] & KEEPS_MEAN) found.means.set(now.means.subarray(i * d, (i + 1) * d), i * d);
    if (pins[i] & KEEPS_COVARIANCE) factors.set(now.factors.subarray(i * square, (i + 1) * square), i * square);
  }
  return found;
}

/** The first `count` parts without weight with half of the heaviest ones each. */
export function revivedParts(parts, count, kind) {
  const {k, d} = parts, square = d * d, units = new Float64Array(d);
  const found = {k, d, weights: Float64Array.from(parts.weights), means: Float64Array.from(parts.means),
    factors: Float64Array.from(parts.factors)};
  for (let a = 0; a < d; a++) {
    let mean = 0, variance = 0;
    for (let i = 0; i < k; i++) mean += parts.weights[i] * parts.means[i * d + a];
    for (let i = 0; i < k; i++) {
      const own = gram(parts.factors.subarray(i * square, (i + 1) * square), d)[a * d + a];
      variance += parts.weights[i] * (own + (parts.means[i * d + a] - mean) ** 2);
    }
    units[a] = variance > 0 ? Math.sqrt(variance) : 1;
  }
  for (let fresh = 0; fresh < k && count > 0; fresh++) {
    if (parts.weights[fresh] !== 0) continue;
    halve(found, fresh, kind, units);
    count--;
  }
  return found;
}

/** Part `fresh` becomes one half of the heaviest, half a standard deviation away along its longest axis in `units`. */
function halve({weights, means, factors, d}, fresh, kind, units) {
  const square = d * d, old = weights.indexOf(Math.max(...weights));
  const own = factors.subarray(old * square, (old + 1) * square), covariance = gram(own, d);
  let axis = new Float64Array(d);
  if (kind === 'spherical') axis[0] = 0.5 * own[0];
  else {
    const scaled = covariance.map((value, c) => value / (units[Math.floor(c / d)] * units[c % d]));
    axis = longestAxis(scaled, d).map((value, a) => 0.5 * value * units[a]);
  }
  weights[fresh] = weights[old] = 0.5 * weights[old];
  for (let a = 0; a < d; a++) {
    means[fresh * d + a] = means[old * d + a] + axis[a];
    means[old * d + a] -= axis[a];
  }
  if (kind === 'tied') return;
  let rest = thinned(own, axis, d);
  if (kind !== 'full') rest = chol(heldBy(kind, gram(rest, d), d), d);
  factors.set(rest, old * square);
  factors.set(rest, fresh * square);
}
