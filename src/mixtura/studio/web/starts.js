// Where EM begins, as Python's em/start.py: the same draws, so that a seed and a name give the same start there.
import {hierarchicalLabels} from './hierarchy.js';
import {maximised, priorOf} from './maximise.js';
import {choiceOf, randomFrom, wholeUpTo} from './random.js';

export const STARTS = ['kmeans', 'kmeans++', 'random_from_data', 'partition', 'hierarchical', 'random'];
const TREE = 2000; // points of a tree of clusters
const LOOKED_AT = 10000; // points that a start looks at, if not more by the number of components
const SEEDED = 5000; // that seeds are drawn from, likewise
const TAIL_SHARE = 0.01; // of a column, on either side: what does not count for its spread
const LLOYDS = 10; // rounds: EM begins there

/** The parts that EM starts from. settings: {kind, start: one of STARTS, seed, prior, floor}. */
export function startOf(points, k, settings) {
  const {kind, start, seed, prior, floor = 1e-6} = settings, random = randomFrom(seed);
  const told = {kind, floor, prior: prior ? priorOf(points, k, kind) : null};
  if (start === 'hierarchical') {
    const few = sampled(points, TREE, random);
    return partsFromLabels(few, hierarchicalLabels(few, k), k, told);
  }
  const seen = sampled(points, Math.max(100 * k, 20 * points.d * k, LOOKED_AT), random);
  if (start === 'random') {
    const rows = sampled(seen, Math.max(2 * k, Math.floor(2 ** 24 / k)), random);
    return partsFrom(rows, k, randomShares(rows.n, k, random), told);
  }
  const near = inOwnUnits(seen, kind);
  const labels = {'kmeans': kmeansLabels, 'kmeans++': seedLabels, 'random_from_data': dataLabels,
    'partition': partitionLabels}[start](near, k, random);
  return partsFromLabels(seen, labels, k, told);
}

function partsFromLabels(points, labels, k, settings) {
  return partsFrom(points, k, (p, i) => (labels[p] === i ? 1 : 0), settings);
}

/** At most so many of the points, in their order. */
function sampled(points, most, random) {
  if (points.n <= most) return points;
  return rowsOf(points, choiceOf(random, points.n, most, false).sort());
}

function rowsOf({n, d, columns}, rows) {
  const out = new Float64Array(d * rows.length);
  for (let c = 0; c < d; c++) rows.forEach((row, p) => { out[c * rows.length + p] = columns[c * n + row]; });
  return {n: rows.length, d, columns: out};
}

function randomShares(n, k, random) {
  const shares = new Float64Array(n * k);
  for (let p = 0; p < n; p++) {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += shares[p * k + i] = random.uniform();
    for (let i = 0; i < k; i++) shares[p * k + i] /= sum;
  }
  return (p, i) => shares[p * k + i];
}

/** The parts of which share(p, i) are the responsibilities: an M-step about their own means. */
function partsFrom({n, d, columns}, k, share, settings) {
  const mass = new Float64Array(k), means = new Float64Array(k * d), second = new Float64Array(k * d * d);
  const centre = new Float64Array(d), spread = new Float64Array(d), away = new Float64Array(d);
  for (let a = 0; a < d; a++) {
    for (let p = 0; p < n; p++) centre[a] += columns[a * n + p] / n;
    for (let p = 0; p < n; p++) spread[a] += (columns[a * n + p] - centre[a]) ** 2 / n;
  }
  for (let i = 0; i < k; i++) {
    const mean = means.subarray(i * d, (i + 1) * d), rows = [];
    for (let p = 0; p < n; p++) {
      const own = share(p, i);
      if (!(own > 0)) continue;
      rows.push(p, own);
      mass[i] += own;
      for (let a = 0; a < d; a++) mean[a] += own * (columns[a * n + p] - centre[a]);
    }
    for (let a = 0; a < d; a++) mean[a] = centre[a] + (mass[i] > 0 ? mean[a] / mass[i] : 0);
    for (let r = 0; r < rows.length; r += 2) {
      for (let a = 0; a < d; a++) away[a] = columns[a * n + rows[r]] - mean[a];
      for (let a = 0; a < d; a++) {
        for (let b = 0; b <= a; b++) second[(i * d + a) * d + b] += rows[r + 1] * away[a] * away[b];
      }
    }
  }
  // A part without points is as wide as all of them.
  const factors = new Float64Array(k * d * d), wide = mass.some((m) => !(m > 0));
  const widths = spread.map((variance) => (wide && variance > 0 ? variance : 1));
  const round = Math.sqrt(widths.reduce((sum, value) => sum + value, 0) / d);
  for (let i = 0; i < k; i++) {
    for (let a = 0; a < d; a++) factors[(i * d + a) * d + a] = settings.kind === 'spherical' ? round : Math.sqrt(widths[a]);
  }
  const anchor = {k, d, weights: new Float64Array(k).fill(1 / k), means, factors};
  return maximised({mass, first: new Float64Array(k * d), second, n}, anchor, settings);
}

/** The points about their middle, each column in units of its spread; as they are where the family has one unit. */
function inOwnUnits(points, kind) {
  const {n, d, columns} = points;
  if (kind === 'spherical' && d > 1) return points;
  const out = new Float64Array(n * d);
  for (let c = 0; c < d; c++) {
    const column = columns.subarray(c * n, (c + 1) * n), sorted = Float64Array.from(column).sort();
    const middle = sorted[0] + 0.5 * (sorted[n - 1] - sorted[0]), unit = spreadOf(sorted);
    for (let p = 0; p < n; p++) out[c * n + p] = (column[p] - middle) / unit;
  }
  return {n, d, columns: out};
}

/** The standard deviation of a sorted column whose outermost hundredths count as the nearest of the others. */
function spreadOf(sorted) {
  const n = sorted.length, low = sorted[Math.floor(TAIL_SHARE * n)], high = sorted[Math.ceil((1 - TAIL_SHARE) * n) - 1];
  const every = deviationOf(sorted), bulk = deviationOf(sorted.map((x) => Math.min(Math.max(x, low), high)));
  const found = bulk > 1e-12 * every ? bulk : every;
  return found > 0 ? found : 1;
}

function deviationOf(sorted) {
  const n = sorted.length, low = sorted[0], width = sorted[n - 1] - low || 1;
  let mean = 0, squares = 0;
  for (const x of sorted) mean += (x - low) / width / n;
  for (const x of sorted) squares += ((x - low) / width - mean) ** 2 / n;
  return (sorted[n - 1] - low) * Math.sqrt(squares);
}

// The ways to cut the points into k parts: (points, k, random) -> a label for each

function kmeansLabels(points, k, random) {
  const few = sampled(points, Math.max(100 * k, LOOKED_AT), random);
  const centres = lloyd(few, seeds(few, k, random));
  return nearestOf(points, centres);
}

function seedLabels(points, k, random) {
  return nearestOf(points, seeds(points, k, random));
}

function dataLabels(points, k, random) {
  return nearestOf(points, rowsOf(points, choiceOf(random, points.n, k)));
}

/** Parts of equal size but for one point, by splits along the widest column. */
function partitionLabels({n, d, columns}, k) {
  const labels = new Int32Array(n), stack = [[Int32Array.from({length: n}, (_, p) => p), 0, k]];
  while (stack.length) {
    const [rows, first, count] = stack.pop();
    if (count === 1) {
      for (const p of rows) labels[p] = first;
      continue;
    }
    let widest = 0, most = -1;
    for (let c = 0; c < d; c++) {
      let low = Infinity, high = -Infinity;
      for (const p of rows) {
        low = Math.min(low, columns[c * n + p]);
        high = Math.max(high, columns[c * n + p]);
      }
      if (high - low > most) [widest, most] = [c, high - low];
    }
    rows.sort((p, q) => columns[widest * n + p] - columns[widest * n + q] || p - q);
    const left = Math.floor(count / 2);
    const cut = Math.min(Math.max(Math.floor((rows.length * left) / count), left), rows.length - (count - left));
    stack.push([rows.slice(0, cut), first, left], [rows.slice(cut), first + left, count - left]);
  }
  return labels;
}

/** k points far from each other, as columns: greedy k-means++ (Arthur and Vassilvitskii 2007). */
function seeds(points, k, random) {
  const size = Math.max(SEEDED, (points.d <= 16 ? 50 : 10) * k);
  const rows = points.n > size ? rowsOf(points, choiceOf(random, points.n, size)) : points;
  const x = inSinglePrecision(rows), {n, d} = rows, cdf = new Float64Array(n);
  let sum = 0;
  for (let p = 0; p < n; p++) cdf[p] = sum += 1 / n;
  const chosen = [firstAbove(cdf.map((value) => value / sum), random.uniform())];
  const tries = 2 + Math.floor(Math.log(k)), draws = Float64Array.from({length: k * tries}, () => random.uniform());
  const squares = (from) => {
    const out = new Float64Array(n);
    for (let c = 0; c < d; c++) for (let p = 0; p < n; p++) out[p] += (x[c * n + p] - x[c * n + from]) ** 2;
    return out;
  };
  let closest = squares(chosen[0]);
  for (let round = 1; round < k; round++) {
    let reach = 0;
    for (let p = 0; p < n; p++) cdf[p] = reach += closest[p];
    if (!(reach > 0)) break;
    let best = null, least = Infinity;
    for (let each = 0; each < tries; each++) {
      const drawn = firstAbove(cdf, draws[round * tries + each] * reach), away = squares(drawn);
      let left = 0;
      for (let p = 0; p < n; p++) left += away[p] = Math.min(away[p], closest[p]);
      if (left < least) [best, least] = [{drawn, away}, left];
    }
    chosen.push(best.drawn);
    closest = best.away;
  }
  while (chosen.length < k) chosen.push(wholeUpTo(random, n - 1)); // fewer places than seeds: any will do
  return rowsOf(rows, chosen);
}

/** Columns about their mean and of size one, rounded to single precision, by which Python draws. */
function inSinglePrecision({n, d, columns}) {
  const out = Float64Array.from(columns);
  let scale = 0;
  for (let c = 0; c < d; c++) {
    let mean = 0;
    for (let p = 0; p < n; p++) mean += columns[c * n + p];
    for (let p = c * n; p < (c + 1) * n; p++) scale = Math.max(scale, Math.abs(out[p] -= mean / n));
  }
  return out.map((value) => Math.fround(value / (scale || 1)));
}

/** The first place of an ascending array whose number is above `value`; the last, if none is. */
function firstAbove(ascending, value) {
  let low = 0, high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] > value) high = middle;
    else low = middle + 1;
  }
  return Math.min(low, ascending.length - 1);
}

/** Centres after Lloyd's iterations; one without points stays where it is. */
function lloyd(points, centres, rounds = LLOYDS) {
  const {n, d, columns} = points, k = centres.n;
  let limit = 0;
  for (let c = 0; c < d; c++) {
    let mean = 0, squares = 0;
    for (let p = c * n; p < (c + 1) * n; p++) mean += columns[p] / n;
    for (let p = c * n; p < (c + 1) * n; p++) squares += (columns[p] - mean) ** 2 / n;
    limit += (1e-4 * squares) / d;
  }
  let now = centres;
  for (let round = 0; round < rounds; round++) {
    const labels = nearestOf(points, now), mass = new Float64Array(k), moved = Float64Array.from(now.columns);
    let squares = 0;
    for (const label of labels) mass[label]++;
    for (let c = 0; c < d; c++) {
      const sums = new Float64Array(k);
      for (let p = 0; p < n; p++) sums[labels[p]] += columns[c * n + p] - now.columns[c * k + labels[p]];
      for (let i = 0; i < k; i++) {
        const step = sums[i] / (mass[i] || 1);
        moved[c * k + i] += step;
        squares += step * step;
      }
    }
    now = {n: k, d, columns: moved};
    if (squares <= limit) break;
  }
  return now;
}

/** The nearest of the centres to each point; the first of those that are as near. */
function nearestOf({n, d, columns}, centres) {
  const labels = new Int32Array(n), nearest = new Float64Array(n).fill(Infinity), k = centres.n;
  for (let i = 0; i < k; i++) {
    for (let p = 0; p < n; p++) {
      let square = 0;
      for (let c = 0; c < d; c++) square += (columns[c * n + p] - centres.columns[c * k + i]) ** 2;
      if (square < nearest[p]) [labels[p], nearest[p]] = [i, square];
    }
  }
  return labels;
}
