// Parts in groups, for the reduction of many to a few. What cannot be the least is left out by a bound, so that nearly all
// pairs cost a few operations: the answers are those of looking at all of them.
import {chol, gram} from './matrices.js';

export const FAR_APART = 'These components lie too far apart for double precision: merge nearer ones.';

/** The nearest covariance of a family, written into `matrix`: full ones are as they are. */
export function heldBy(kind, matrix, d) {
  if (kind !== 'diag' && kind !== 'spherical') return matrix;
  let trace = 0;
  for (let i = 0; i < d; i++) trace += matrix[i * d + i];
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) if (i !== j) matrix[i * d + j] = 0;
    if (kind === 'spherical') matrix[i * d + i] = trace / d;
  }
  return matrix;
}

/** What is at least exp(x) - 1, and hardly more; of a small x in a few operations. */
const aboveExpm1 = (x) => (x < 1.7 ? x * (1 + x * (0.5 + 0.271 * x)) : Math.exp(x) - 1);

/**
 * (k) groups 0 to count - 1, from uniting the two that lie nearest in Runnalls' sense, one by one. kind: the family whose
 * covariances the united ones are.
 */
export function unitedGroups(parts, count, kind) {
  const {k, d} = parts, square = d * d, alone = kind === 'diag' || kind === 'spherical';
  const weights = Float64Array.from(parts.weights), means = Float64Array.from(parts.means);
  const spreads = new Float64Array(k * square), [own, pivots] = [0, 1].map(() => new Float64Array(k * d)), logs = new Float64Array(k);
  const alive = new Uint8Array(k).fill(1), groups = Int32Array.from({length: k}, (_, i) => i);
  const best = new Int32Array(k), stale = new Uint8Array(k), least = new Float64Array(k); // of each, the heavier one that it is united with at least cost

  function given(i, covariance, lower) {
    spreads.set(covariance, i * square);
    logs[i] = 0;
    for (let a = 0; a < d; a++) {
      own[i * d + a] = covariance[a * d + a];
      pivots[i * d + a] = 2 * Math.log(lower[a * d + a]);
      logs[i] += pivots[i * d + a];
    }
  }

  /**
   * Twice what uniting two adds to the bound; Infinity where that is more than `most`, as is seen early: what the first
   * coordinates add is never more than all do.
   */
  function added(i, j, most) {
    const wi = weights[i], wj = weights[j], total = wi + wj, p = wi / total, q = wj / total;
    const far = aboveExpm1(most / total) / (p * q); // squares from which on what is between them alone is too much
    for (let a = 0; a < d; a++) {
      const away = means[j * d + a] - means[i * d + a];
      if (away * away > far * (p * own[i * d + a] + q * own[j * d + a])) return Infinity;
    }
    const root = Math.sqrt(p * q);
    if (alone) {
      const log = logAlone(i, j, p, q);
      return wi * (log - logs[i]) + wj * (log - logs[j]);
    }
    let squares = 0, volume = 0, usual = 0; // ln det of the factor's rows so far, and what it would be of two that are alike
    for (let r = 0; r < d; r++) {
      let away = root * (means[j * d + r] - means[i * d + r]);
      for (let c = 0; c < r; c++) {
        let sum = p * spreads[i * square + r * d + c] + q * spreads[j * square + r * d + c];
        for (let e = 0; e < c; e++) sum -= factor[r * d + e] * factor[c * d + e];
        factor[r * d + c] = sum / factor[c * d + c];
        away -= factor[r * d + c] * solved[c];
      }
      let rest = p * own[i * d + r] + q * own[j * d + r];
      for (let e = 0; e < r; e++) rest -= factor[r * d + e] * factor[r * d + e];
      if (!(rest > 0 && rest < Infinity)) throw new RangeError(FAR_APART);
      factor[r * d + r] = Math.sqrt(rest);
      solved[r] = away / factor[r * d + r];
      squares += solved[r] * solved[r];
      if (squares > far * p * q) return Infinity;
      volume += Math.log(rest);
      usual += p * pivots[i * d + r] + q * pivots[j * d + r];
      if (r < d - 1 && total * (volume - usual + Math.log1p(squares)) > most) return Infinity;
    }
    const log = volume + Math.log1p(squares);
    return wi * (log - logs[i]) + wj * (log - logs[j]);
  }
  const factor = new Float64Array(square), solved = new Float64Array(d);

  /** The covariance of two together, within them and between. */
  function joinedOf(i, j, p, q) {
    const joined = new Float64Array(square);
    for (let a = 0; a < d; a++) {
      for (let b = 0; b < d; b++) {
        const between = p * q * (means[j * d + a] - means[i * d + a]) * (means[j * d + b] - means[i * d + b]);
        joined[a * d + b] = p * spreads[i * square + a * d + b] + q * spreads[j * square + a * d + b] + between;
      }
    }
    return heldBy(kind, joined, d);
  }

  /** ln det of two together in a family without correlations. */
  function logAlone(i, j, p, q) {
    const joined = joinedOf(i, j, p, q);
    let log = 0;
    for (let a = 0; a < d; a++) log += Math.log(joined[a * d + a]);
    return log;
  }

  // A pair is known by the lighter of the two: a light one is near to many, and when it is gone, none of them need look anew.
  const isBelow = (i, j) => weights[i] < weights[j] || (weights[i] === weights[j] && i < j);
  const comesFirst = (i, j, p, q) => Math.min(i, j) < Math.min(p, q) || (Math.min(i, j) === Math.min(p, q) && Math.max(i, j) < Math.max(p, q));

  function look(i) {
    best[i] = -1;
    least[i] = Infinity;
    stale[i] = 0;
    for (let j = 0; j < k; j++) if (alive[j] && isBelow(i, j)) offer(i, j);
  }

  function offer(i, j) {
    const cost = i < j ? added(i, j, least[i]) : added(j, i, least[i]);
    if (!(cost < least[i] || (cost === least[i] && cost < Infinity && comesFirst(i, j, i, best[i])))) return;
    best[i] = j;
    least[i] = cost;
    stale[i] = 0;
  }

  for (let i = 0; i < k; i++) given(i, gram(parts.factors.subarray(i * square, (i + 1) * square), d), parts.factors.subarray(i * square, (i + 1) * square));
  least.fill(Infinity);
  const order = groups.slice().sort((i, j) => (isBelow(i, j) ? -1 : 1));
  for (let a = 0; a < k; a++) for (let b = a + 1; b < k; b++) offer(order[a], order[b]);
  for (let left = k; left > count; left--) {
    let one = 0;
    do {
      if (stale[one]) look(one);
      one = 0;
      for (let row = 1; row < k; row++) if (least[row] < least[one] || (least[row] === least[one] && comesFirst(row, best[row], one, best[one]))) one = row;
    } while (stale[one]);
    if (!(least[one] < Infinity)) throw new RangeError(FAR_APART);
    const i = Math.min(one, best[one]), j = Math.max(one, best[one]), total = weights[i] + weights[j];
    const joined = joinedOf(i, j, weights[i] / total, weights[j] / total), lower = chol(joined, d);
    if (lower === null) throw new RangeError(FAR_APART);
    given(i, joined, lower);
    for (let a = 0; a < d; a++) means[i * d + a] += (weights[j] / total) * (means[j * d + a] - means[i * d + a]);
    weights[i] = total;
    alive[j] = 0;
    least[j] = Infinity;
    for (let row = 0; row < k; row++) {
      if (groups[row] === j) groups[row] = i;
      if (!alive[row] || row === i) continue;
      if (best[row] === i || best[row] === j) stale[row] = 1; // what it had is a bound of what it has: it looks when it is the least
      if (isBelow(row, i)) offer(row, i);
    }
    look(i);
  }
  const places = new Map();
  for (const group of Array.from(new Set(groups)).sort((a, b) => a - b)) places.set(group, places.size);
  return groups.map((group) => places.get(group));
}

/**
 * {moved, here}: of each part of p the part of q with the least divergence from it, of several the first; and the sum of
 * weight times divergence of those that are in `groups` now.
 */
export function nearestGroups(p, q, groups) {
  const {d} = p, square = d * d, moved = new Int32Array(p.k), precise = new Float64Array(q.k * d), away = new Float64Array(d), z = new Float64Array(d);
  for (let j = 0; j < q.k; j++) {
    for (let a = 0; a < d; a++) {
      let variance = 0;
      for (let c = 0; c <= a; c++) variance += q.factors[j * square + a * d + c] ** 2;
      precise[j * d + a] = 0.5 / variance;
    }
  }

  /** z = W^-1 x, W the factor of j, and its square's length; x is 0 before `from`. */
  function solved(j, from) {
    let squares = 0;
    for (let r = from; r < d; r++) {
      const row = j * square + r * d;
      let sum = away[r];
      for (let c = from; c < r; c++) sum -= q.factors[row + c] * z[c];
      z[r] = sum / q.factors[row + r];
      squares += z[r] * z[r];
    }
    return squares;
  }

  /** KL(part i of p || part j of q), in nats. */
  function divergence(i, j) {
    for (let a = 0; a < d; a++) away[a] = p.means[i * d + a] - q.means[j * d + a];
    let sum = solved(j, 0);
    for (let c = 0; c < d; c++) { // a column of W^-1 L, which is lower triangular
      for (let a = c; a < d; a++) away[a] = p.factors[i * square + a * d + c];
      sum += solved(j, c) - 1 - 2 * Math.log(z[c]);
    }
    return Math.max(0, 0.5 * sum);
  }

  const near = Float64Array.from(q.means), many = q.k;
  let here = 0;
  for (let i = 0; i < p.k; i++) {
    const mean = p.means.slice(i * d, (i + 1) * d), first = mean[0];
    let nearest = groups[i], least = divergence(i, nearest);
    here += p.weights[i] * least;
    for (let j = 0, at = 0; j < many; j++, at += d) {
      if ((first - near[at]) * (first - near[at]) * precise[at] > least) continue; // no one coordinate diverges by more than all together
      let far = j === groups[i];
      for (let a = 1; a < d && !far; a++) far = (mean[a] - near[at + a]) * (mean[a] - near[at + a]) * precise[at + a] > least;
      if (far) continue;
      const apart = divergence(i, j);
      if (apart < least || (apart === least && j < nearest)) [nearest, least] = [j, apart];
    }
    moved[i] = nearest;
  }
  return {moved, here};
}
