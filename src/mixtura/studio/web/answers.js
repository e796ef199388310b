// What a mixture answers to a place or a box: pure, without elements.

import { boxMass, conditional, logDensity, logTerms, marginal, moments, quantile, responsibilities, spreadOn, subsetOf } from './algebra.js';
import { remembered } from './document.js';
import { normalBetween } from './normal.js';

/** The density of coordinate j of parts at so many places from low to high, each bin's width at least in it. */
export function densityOf(parts, j, low, high, count) {
  const { k, d, weights, means } = parts, out = new Float64Array(count), step = (high - low) / (count - 1);
  for (let i = 0; i < k; i++) {
    if (!(weights[i] > 1e-9)) continue;
    const mean = means[i * d + j], sigma = Math.hypot(spreadOn(parts, i, j), 0.4 * step), scale = weights[i] / (sigma * Math.sqrt(2 * Math.PI));
    const first = Math.max(0, Math.ceil((mean - 7 * sigma - low) / step)), last = Math.min(count - 1, Math.floor((mean + 7 * sigma - low) / step));
    for (let a = first; a <= last; a++) out[a] += scale * Math.exp(-0.5 * ((low + a * step - mean) / sigma) ** 2);
  }
  return Array.from(out);
}

const planes = new WeakMap();

/** The distribution of the first m coordinates: the corners of the factors are its factors. */
function leading(parts, m) {
  if (m === parts.d) return parts;
  const known = remembered(planes, parts, () => new Map());
  if (!known.has(m)) {
    const { k, d, weights } = parts, means = new Float64Array(k * m), factors = new Float64Array(k * m * m);
    for (let i = 0; i < k; i++) {
      for (let r = 0; r < m; r++) {
        means[i * m + r] = parts.means[i * d + r];
        for (let c = 0; c <= r; c++) factors[(i * m + r) * m + c] = parts.factors[(i * d + r) * d + c];
      }
    }
    known.set(m, { k, d: m, weights, means, factors });
  }
  return known.get(m);
}

/** Who answers for a place: the components by responsibility, the largest first, those of `least` and more. */
function answering(parts, place, least = 0.005, most = 6) {
  const shares = responsibilities(parts, place), found = [];
  for (let i = 0; i < shares.length; i++) if (shares[i] >= least) found.push({ i, share: shares[i] });
  return found.sort((a, b) => b.share - a.share || a.i - b.i).slice(0, most);
}

/** Of a place in the plane shown: its log density there, and who answers. null far from everything. */
export function placeAnswer(parts, axes, place) {
  const plane = axes.every((axis, j) => axis === j) ? leading(parts, axes.length) : marginal(parts, axes), at = axes.map((_, j) => place[j]);
  const height = logDensity(plane, at);
  return { logDensity: height, who: Number.isFinite(height) ? answering(plane, at) : [] };
}

/** Of a place in a picture of colours: E[r, g, b | x, y], their deviations, and the conditional mixture. */
export function colourAnswer(parts, place) {
  const terms = logTerms(leading(parts, 2), place), top = terms.reduce((a, b) => Math.max(a, b), -Infinity), kept = [];
  for (let i = 0; i < parts.k; i++) if (terms[i] > top - 18) kept.push(i);
  const given = conditional(kept.length ? subsetOf(parts, kept) : parts, { 0: place[0], 1: place[1] }), { mean, covariance } = moments(given), d = given.d;
  return { given, mean: [0, 1, 2].map((c) => mean[c]), spread: [0, 1, 2].map((c) => Math.sqrt(Math.max(0, covariance[c * d + c]))) };
}

/**
 * Columns given others: `known` {column: value} -> a list of {column, mean, spread, low, high, given, at}, one a column
 * that is not known: E, standard deviation, and the middle 95 %. `at` is its coordinate in `given`.
 */
export function columnAnswers(parts, known) {
  const given = heavy(conditional(parts, known)), { mean, covariance } = moments(given), d = given.d;
  const columns = Array.from({ length: parts.d }, (_, j) => j).filter((j) => !(j in known));
  return columns.map((column, at) => {
    const one = d === 1 ? given : marginal(given, [at]);
    return { column, at, given, mean: mean[at], spread: Math.sqrt(Math.max(0, covariance[at * d + at])), low: quantile(one, 0.025), high: quantile(one, 0.975) };
  });
}

/** Of a box on the axes shown: its mass, and how many of the points lie in it (null without points). */
export function boxAnswer(parts, axes, [x0, y0, x1, y1], points, d) {
  const low = [Math.min(x0, x1), Math.min(y0, y1)], high = [Math.max(x0, x1), Math.max(y0, y1)];
  let inside = 0, seen = 0;
  for (let at = 0; at < (points?.length ?? 0); at += d) {
    const values = axes.map((axis) => points[at + axis]);
    if (values.some(Number.isNaN)) continue;
    seen += 1;
    inside += values.every((v, j) => v >= low[j] && v <= high[j]) ? 1 : 0;
  }
  return { mass: massIn(parts, axes, [...low, ...high]), share: seen ? inside / seen : null, low, high };
}

/** The mass of a box [x0, y0, x1, y1] on the axes shown; of one axis, between x0 and x1. */
export function massIn(parts, axes, box) {
  if (axes.length > 1) return boxMass(parts, box, axes);
  const one = marginal(parts, axes), within = (i) => normalBetween((box[0] - one.means[i]) / one.factors[i], (box[2] - one.means[i]) / one.factors[i]);
  return one.weights.reduce((mass, weight, i) => mass + weight * within(i), 0);
}

/** Without the parts that hardly count; the heaviest stays. */
function heavy(parts) {
  const top = parts.weights.reduce((a, b) => Math.max(a, b), 0), kept = [];
  for (let i = 0; i < parts.k; i++) if (parts.weights[i] > 1e-8 * top) kept.push(i);
  return kept.length === parts.k ? parts : subsetOf(parts, kept);
}
