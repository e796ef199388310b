// Documents, chance and comparisons that several tests share.
const WEB = '../../../src/mixtura/studio/web/';
const {newDocument} = await import(`${WEB}document.js`);
const {transform} = await import(`${WEB}edits.js`);

/** A chance that is the same each time: numbers in [0, 1), whole numbers below n, normals, one of a list. */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {next, below, normal, one: (list) => list[below(list.length)]};
}

/** A mixture by chance. */
export function someParts(k, d, {next, normal}, scale = 1) {
  const weights = Float64Array.from({length: k}, () => 0.1 + next()), total = weights.reduce((sum, w) => sum + w, 0);
  const factors = new Float64Array(k * d * d);
  for (let i = 0; i < k; i++) {
    for (let a = 0; a < d; a++) for (let b = 0; b <= a; b++) factors[(i * d + a) * d + b] = scale * (a === b ? 0.2 + next() : 0.4 * normal());
  }
  return {k, d, weights: weights.map((w) => w / total), means: Float64Array.from({length: k * d}, () => 5 * scale * normal()), factors};
}

export function tableSource(d, random, n = 200) {
  const points = Float64Array.from({length: n * d}, () => 5 * random.normal());
  return {id: '1', kind: 'table', name: 'table.csv', columns: Array.from({length: d}, (_, j) => `c${j}`), n, d, frame: null, picture: null, threshold: null, points, whole: true};
}

export function pictureSource(random, n = 200) {
  const points = new Float64Array(n * 5);
  for (let i = 0; i < n; i++) points.set([100 * random.next(), 60 * random.next(), 255 * random.next(), 255 * random.next(), 255 * random.next()], 5 * i);
  const picture = {width: 100, height: 60, bytes: new Uint8Array(8)};
  return {id: '2', kind: 'colour', name: 'p.png', columns: ['x', 'y', 'red', 'green', 'blue'], n, d: 5, frame: [0, 0, 100, 60], picture, threshold: null, points, whole: true};
}

export const tableDocument = (k, d, random) => newDocument(tableSource(d, random), someParts(k, d, random));

/** A 5-d mixture in a picture of 100 x 60. */
export function pictureDocument(k, random) {
  const parts = someParts(k, 5, random, 6);
  for (let i = 0; i < k; i++) parts.means.set([100 * random.next(), 60 * random.next(), 255 * random.next(), 255 * random.next(), 255 * random.next()], 5 * i);
  return newDocument(pictureSource(random), parts);
}

/** Component i at a place of the plane, as a hand that drags it leaves it. */
export function movedTo(document, i, place) {
  const from = document.axes.map((axis) => document.parts.means[i * document.parts.d + axis]);
  return transform(document, [i], [1, 0, 0, 1], from, place);
}

/** The bits of a mixture, to compare. */
export const bitsOf = (parts) => (parts ? [parts.weights, parts.means, parts.factors].map((a) => Buffer.from(a.buffer.slice(a.byteOffset, a.byteOffset + a.byteLength)).toString('hex')).join() : 'none');

/** The largest difference, against the largest number. */
export function apart(a, b) {
  let most = 0, scale = 1e-300;
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i] - b[i]));
    scale = Math.max(scale, Math.abs(a[i]), Math.abs(b[i]));
  }
  return a.length === b.length ? most / scale : Infinity;
}
