// Where a fit goes on from: the parts on the screen, of as many components as are asked for, in a family.
import {subsetOf} from './algebra.js';
import {chol, gram} from './matrices.js';
import {grownParts, reduceParts, resize} from './reduction.js';
import {heldBy} from './uniting.js';

/** Parts of k components in a family, and their pins: pinned ones are split or merged only where others do not suffice. */
export function resizedWith(parts, pins, k, kind) {
  let found = inFamily(parts, kind), held = Uint8Array.from(pins);
  if (found.k < k) {
    if (held.indexOf(0) < 0) held[found.weights.indexOf(Math.max(...found.weights))] = 0; // the heaviest is pinned no longer
    const grown = grownParts(found, k, (i) => held[i] === 0, kind), all = new Uint8Array(k);
    all.set(held);
    [found, held] = [grown, all];
  }
  if (found.k > k) {
    const all = Array.from({length: found.k}, (_, i) => i), stay = all.filter((i) => held[i]), go = all.filter((i) => !held[i]);
    if (stay.length >= k) return [inFamily(resize(found, k, kind), kind), new Uint8Array(k)];
    const few = reduceParts(subsetOf(found, go), k - stay.length, kind), share = go.reduce((sum, i) => sum + found.weights[i], 0);
    const kept = subsetOf(found, stay), both = (name) => Float64Array.of(...kept[name], ...few[name]);
    const weights = Float64Array.of(...stay.map((i) => found.weights[i]), ...few.weights.map((weight) => weight * share));
    const joined = {k: kept.k + few.k, d: found.d, weights, means: both('means'), factors: both('factors')};
    const pinned = Uint8Array.of(...stay.map((i) => held[i]), ...new Uint8Array(few.k));
    if (joined.k < k) return resizedWith(joined, pinned, k, kind); // some had no weight
    [found, held] = [joined, pinned];
  }
  return [inFamily(found, kind), held];
}

/** The nearest parts of a family: variances alone, one variance, or one covariance for all. */
function inFamily(parts, kind) {
  const {k, d, weights} = parts, square = d * d, factors = Float64Array.from(parts.factors), shared = new Float64Array(square);
  if (kind === 'full') return parts;
  for (let i = 0; i < k; i++) {
    const covariance = gram(parts.factors.subarray(i * square, (i + 1) * square), d);
    for (let c = 0; c < square; c++) shared[c] += weights[i] * covariance[c];
    factors.set(chol(heldBy(kind, covariance, d), d), i * square);
  }
  if (kind === 'tied') for (let i = 0; i < k; i++) factors.set(chol(shared, d), i * square);
  return {...parts, factors};
}
