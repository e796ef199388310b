// Fewer parts or more: merging, splitting and the reduction of many to a few, by the rules of Python's Mixture.
import {subsetOf} from './algebra.js';
import {chol, eigen, gram, lowerOf, solveLower} from './matrices.js';
import {FAR_APART, heldBy, nearestGroups, unitedGroups} from './uniting.js';

const ALIKE = 1 - 1e-4; // of the largest squared length: axes that are as long, up to rounding
const ROUNDS = 30; // of moving parts between groups
const GAIN = 1e-9; // nats of weight: a move that gains less is rounding

/** The longest axis, a vector of one standard deviation; of several that are as long, the one nearest to a coordinate. */
export function longestAxis(covariance, d) {
  const {values, vectors} = eigen(covariance, d), longest = [];
  for (let j = 0; j < d; j++) if (values[j] >= ALIKE * values[d - 1]) longest.push(j);
  const shares = new Float64Array(d);
  for (let i = 0; i < d; i++) for (const j of longest) shares[i] += vectors[i * d + j] ** 2;
  const most = Math.max(...shares), first = shares.findIndex((share) => share >= ALIKE * most);
  const axis = new Float64Array(d);
  for (let i = 0; i < d; i++) for (const j of longest) axis[i] += vectors[i * d + j] * vectors[first * d + j];
  const scale = Math.sqrt(values[d - 1]) / Math.hypot(...axis);
  return axis.map((value) => value * scale);
}

/**
 * Part i in two halves, `distance` standard deviations to either side along its longest axis; the new one is the last.
 * kind: the family that their covariances stay in.
 */
export function splitPart(parts, i, distance = 0.5, kind = 'full') {
  const made = withRoom(parts, parts.k + 1);
  halvePart(made, i, parts.k, distance, kind);
  return made;
}

/** k parts, by splitting the heaviest (of several the first), again and again; only those of `among` and their halves. */
export function grownParts(parts, k, among = () => true, kind = 'full') {
  const made = withRoom(parts, k), {weights} = made, heap = [];
  const above = (a, b) => weights[a] > weights[b] || (weights[a] === weights[b] && a < b);
  const swap = (a, b) => { [heap[a], heap[b]] = [heap[b], heap[a]]; };
  function add(i) {
    let at = heap.push(i) - 1;
    for (let up = (at - 1) >> 1; at > 0 && above(heap[at], heap[up]); at = up, up = (at - 1) >> 1) swap(at, up);
  }
  function sink() { // the first has become lighter
    for (let at = 0, best = 0; ; at = best) {
      for (const below of [2 * at + 1, 2 * at + 2]) if (below < heap.length && above(heap[below], heap[best])) best = below;
      if (best === at) return;
      swap(at, best);
    }
  }
  for (let i = 0; i < parts.k; i++) if (among(i)) add(i);
  for (let next = parts.k; next < k; next++) {
    halvePart(made, heap[0], next, 0.5, kind);
    sink();
    add(next);
  }
  return made;
}

/** A copy with room for k parts. */
function withRoom({d, weights, means, factors}, k) {
  const made = {k, d, weights: new Float64Array(k), means: new Float64Array(k * d), factors: new Float64Array(k * d * d)};
  made.weights.set(weights);
  made.means.set(means);
  made.factors.set(factors);
  return made;
}

/** Part i becomes one half of itself, part j the other, in place. */
function halvePart({d, weights, means, factors}, i, j, distance, kind) {
  const square = d * d, own = factors.slice(i * square, (i + 1) * square);
  const axis = longestAxis(gram(own, d), d).map((value) => value * distance);
  const rest = thinned(own, axis, d), alone = kind === 'diag' || kind === 'spherical';
  const factor = alone ? chol(heldBy(kind, gram(rest, d), d), d) : rest;
  weights[i] = weights[j] = 0.5 * weights[i];
  for (let a = 0; a < d; a++) {
    means[j * d + a] = means[i * d + a] + axis[a];
    means[i * d + a] -= axis[a];
  }
  factors.set(factor, i * square);
  factors.set(factor, j * square);
}

/** The factor of L L' - a a'. With u = L^-1 a it is L (1 - u u') L', and 1 - u u' is a square, so nothing cancels. */
export function thinned(factor, axis, d) {
  const u = solveLower(factor, axis, d), rows = Float64Array.from(factor);
  const length = u.reduce((sum, value) => sum + value * value, 0);
  const less = 1 / (1 + Math.sqrt(1 - length));
  for (let i = 0; i < d; i++) {
    let along = 0;
    for (let c = 0; c < d; c++) along += factor[i * d + c] * u[c];
    for (let c = 0; c < d; c++) rows[i * d + c] -= less * along * u[c];
  }
  return lowerOf(rows, d, d);
}

/** One part with weight, mean and covariance of the chosen ones, at the place of the lowest; the others stay in order. */
export function mergeParts(parts, indices) {
  const first = Math.min(...indices), chosen = new Set(indices), groups = new Int32Array(parts.k);
  let next = 0;
  for (let i = 0; i < parts.k; i++) groups[i] = i !== first && chosen.has(i) ? -1 : next++;
  const merged = groups[first];
  return grouped(parts, groups.map((group) => (group < 0 ? merged : group)), next, 'full');
}

/** Each group merged into one. groups: (k) numbers below n, all in use. */
function grouped(parts, groups, n, kind) {
  const {k, d} = parts, square = d * d;
  const weights = new Float64Array(n), means = new Float64Array(n * d), factors = new Float64Array(n * square);
  const members = Array.from({length: n}, () => []);
  for (let i = 0; i < k; i++) members[groups[i]].push(i);
  members.forEach((some, group) => {
    if (some.length === 1) { // as it is, to the bit
      const [i] = some;
      weights[group] = parts.weights[i];
      means.set(parts.means.subarray(i * d, (i + 1) * d), group * d);
      factors.set(parts.factors.subarray(i * square, (i + 1) * square), group * square);
      return;
    }
    for (const i of some) weights[group] += parts.weights[i];
    const shares = some.map((i) => (weights[group] > 0 ? parts.weights[i] / weights[group] : 1 / some.length));
    const anchor = some[0] * d, shift = new Float64Array(d), covariance = new Float64Array(square), away = new Float64Array(d);
    some.forEach((i, c) => {
      for (let a = 0; a < d; a++) shift[a] += shares[c] * (parts.means[i * d + a] - parts.means[anchor + a]);
    });
    some.forEach((i, c) => {
      const within = gram(parts.factors.subarray(i * square, (i + 1) * square), d);
      for (let a = 0; a < d; a++) away[a] = parts.means[i * d + a] - parts.means[anchor + a] - shift[a];
      for (let a = 0; a < d; a++) {
        for (let b = 0; b < d; b++) covariance[a * d + b] += shares[c] * (within[a * d + b] + away[a] * away[b]);
      }
    });
    for (let a = 0; a < d; a++) means[group * d + a] = parts.means[anchor + a] + shift[a];
    const factor = chol(heldBy(kind, covariance, d), d);
    if (factor === null) throw new RangeError(FAR_APART);
    factors.set(factor, group * square);
  });
  return {k: n, d, weights, means, factors};
}

/**
 * The parts in k groups, each merged into one. Groups begin one by one; the two whose union adds least to the bound on
 * the divergence are united (Runnalls 2007); then parts move to the group with the least divergence, while that falls.
 * kind: the family whose covariances the merged ones are.
 */
export function reduceParts(parts, k, kind = 'full') {
  if (k >= parts.k) return parts;
  const awake = [];
  for (let i = 0; i < parts.k; i++) if (parts.weights[i] > 0) awake.push(i);
  const all = awake.length < parts.k ? subsetOf(parts, awake) : parts;
  if (all.k <= k) return all;
  let groups = unitedGroups(all, k, kind), found = grouped(all, groups, k, kind), kept = found, lost = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const {moved, here} = nearestGroups(all, found, groups);
    if (!(here < lost - GAIN)) break;
    lost = here;
    kept = found;
    if (new Set(moved).size < k) break; // a group has lost its last member
    groups = moved;
    found = grouped(all, groups, k, kind);
  }
  return kept;
}

/** Exactly k parts: more by splitting the heaviest, again and again; fewer by reduction. */
export function resize(parts, k, kind = 'full') {
  return grownParts(reduceParts(parts, k, kind), k, undefined, kind);
}
