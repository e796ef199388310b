// The hierarchical start, as Python's em/hierarchy.py: points united two by two into clusters of Gaussians (Fraley 1998).
import {eigen} from './matrices.js';

const MOST_AXES = 20; // principal axes that are seen
const FLAT_AXIS = 1e-8; // of the widest: what is rounding

/** A label from 0 to k - 1 for each point, of columns: the parts once k clusters are left; fewer where places are. */
export function hierarchicalLabels(points, k) {
  const {first, places, weight} = distinct(points), m = weight.length;
  const pairs = unions(inPrincipalAxes(places, weight), weight), cluster = Int32Array.from({length: m}, (_, i) => i);
  for (let step = Math.max(m - k, 0) - 1; step >= 0; step--) cluster[pairs[2 * step + 1]] = cluster[pairs[2 * step]];
  const names = new Map();
  return first.map((place) => {
    if (!names.has(cluster[place])) names.set(cluster[place], names.size);
    return names.get(cluster[place]);
  });
}

/** Each place in space once, in the order of its first point: {first: place of each point, places, weight: how many}. */
function distinct({n, d, columns}) {
  const known = new Map(), first = new Int32Array(n), rows = [], weight = [];
  for (let p = 0; p < n; p++) {
    const row = Array.from({length: d}, (_, c) => columns[c * n + p]), key = row.join();
    if (!known.has(key)) {
      known.set(key, rows.length);
      rows.push(row);
      weight.push(0);
    }
    first[p] = known.get(key);
    weight[first[p]]++;
  }
  return {first, places: rows, weight};
}

/** Rows in their principal axes, once columns have unit variance, each axis in units of the root of its singular value. */
function inPrincipalAxes(rows, weight) {
  const total = weight.reduce((sum, value) => sum + value, 0), scaled = rows.map(() => []);
  for (let c = 0; c < rows[0].length; c++) {
    let mean = 0, variance = 0;
    rows.forEach((row, i) => { mean += (weight[i] * row[c]) / total; });
    rows.forEach((row, i) => { variance += (weight[i] * (row[c] - mean) ** 2) / total; });
    if (variance > 0) rows.forEach((row, i) => { scaled[i].push((row[c] - mean) / Math.sqrt(variance)); });
  }
  const d = scaled[0].length, square = new Float64Array(d * d);
  if (!d) return {n: rows.length, d: 1, x: new Float64Array(rows.length)};
  scaled.forEach((row, i) => {
    for (let a = 0; a < d; a++) for (let b = 0; b < d; b++) square[a * d + b] += weight[i] * row[a] * row[b];
  });
  const {values, vectors} = eigen(square, d), axes = [];
  for (let j = d - 1; j >= 0 && axes.length < MOST_AXES; j--) {
    if (!(values[j] > FLAT_AXIS ** 2 * values[d - 1])) break;
    axes.push(Float64Array.from({length: d}, (_, a) => vectors[a * d + j] / values[j] ** 0.25));
  }
  const x = scaled.flatMap((row) => axes.map((axis) => row.reduce((sum, value, a) => sum + value * axis[a], 0)));
  return {n: rows.length, d: axes.length, x: Float64Array.from(x)};
}

/** The pairs of clusters that are united, one after the other: of each the first goes on. Their union costs least. */
function unions({n, d, x}, weight) {
  const mean = Float64Array.from(x), scatter = new Float64Array(n * d * d), mass = Float64Array.from(weight);
  const term = new Float64Array(n), cost = new Float64Array(n * n), lower = new Float64Array(d * d);
  const best = new Int32Array(n), lowest = new Float64Array(n), alive = new Uint8Array(n).fill(1), pairs = [];
  const least = meanSquare(x, weight, n, d);
  const alone = (total, trace) => total * Math.log((trace + least) / total);

  function costOf(i, j) {
    const total = mass[i] + mass[j], share = (mass[i] * mass[j]) / total;
    let trace = 0, volume = 1;
    for (let a = 0; a < d; a++) {
      const away = mean[i * d + a] - mean[j * d + a], at = a * d + a;
      trace += scatter[i * d * d + at] + scatter[j * d * d + at] + share * away * away;
    }
    if (total <= d) return alone(total, trace);
    for (let a = 0; a < d; a++) {
      for (let b = 0; b <= a; b++) {
        const apart = (mean[i * d + a] - mean[j * d + a]) * (mean[i * d + b] - mean[j * d + b]), at = a * d + b;
        let value = (scatter[i * d * d + at] + scatter[j * d * d + at] + share * apart) / total;
        for (let c = 0; c < b; c++) value -= lower[a * d + c] * lower[b * d + c];
        if (a > b) lower[at] = value / lower[b * d + b];
        else if (value > 0) {
          lower[at] = Math.sqrt(value);
          volume *= value;
        } else return alone(total, trace);
      }
    }
    return total * Math.log(volume + (trace + least) / total);
  }

  function look(i) {
    best[i] = -1;
    lowest[i] = Infinity;
    for (let j = i + 1; j < n; j++) {
      if (alive[j] && cost[i * n + j] < lowest[i]) [best[i], lowest[i]] = [j, cost[i * n + j]];
    }
  }

  for (let i = 0; i < n; i++) term[i] = alone(mass[i], 0);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) cost[i * n + j] = costOf(i, j) - term[i] - term[j];
    look(i);
  }
  for (let step = 1; step < n; step++) {
    let i = -1;
    for (let each = 0; each < n; each++) if (alive[each] && (i < 0 || lowest[each] < lowest[i])) i = each;
    const j = best[i], total = mass[i] + mass[j], share = (mass[i] * mass[j]) / total;
    pairs.push(i, j);
    term[i] = costOf(i, j);
    for (let a = 0; a < d; a++) {
      for (let b = 0; b <= a; b++) {
        const apart = (mean[i * d + a] - mean[j * d + a]) * (mean[i * d + b] - mean[j * d + b]), at = a * d + b;
        scatter[i * d * d + at] += scatter[j * d * d + at] + share * apart;
      }
    }
    for (let a = 0; a < d; a++) mean[i * d + a] += (mass[j] / total) * (mean[j * d + a] - mean[i * d + a]);
    mass[i] = total;
    alive[j] = 0;
    for (let each = 0; each < n; each++) {
      if (!alive[each] || each === i) continue;
      const low = Math.min(each, i), high = Math.max(each, i), fresh = costOf(low, high) - term[low] - term[high];
      cost[low * n + high] = fresh;
      if (each < i && fresh < lowest[each]) [best[each], lowest[each]] = [i, fresh];
      else if (best[each] === j || (each < i && best[each] === i)) look(each);
    }
    look(i);
  }
  return pairs;
}

/** The mean square of a coordinate about the mean. */
function meanSquare(x, weight, n, d) {
  const total = weight.reduce((sum, value) => sum + value, 0);
  let squares = 0;
  for (let a = 0; a < d; a++) {
    let mean = 0;
    for (let i = 0; i < n; i++) mean += (weight[i] * x[i * d + a]) / total;
    for (let i = 0; i < n; i++) squares += weight[i] * (x[i * d + a] - mean) ** 2;
  }
  return Math.max(squares / (total * d), 2 ** -52);
}
