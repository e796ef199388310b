// Components as they look on two axes: ellipses, and who is likeliest at a place.
import {remembered} from './document.js';

const STRIDE = 6;
const flats = new WeakMap();

/** For each component, on the axes shown: mean (2), covariance (xx, xy, yy), weight. On one axis y is 0. */
export function flatOf({parts, axes}) {
  const tables = remembered(flats, parts, () => new Map()), key = axes.join();
  if (!tables.has(key)) tables.set(key, flattened(parts, axes));
  return tables.get(key);
}

function flattened({k, d, weights, means, factors}, [a, b]) {
  const flat = new Float64Array(STRIDE * k);
  for (let i = 0; i < k; i++) {
    let xx = 0, xy = 0, yy = 0;
    const ra = (i * d + a) * d, rb = (i * d + b) * d;
    for (let c = 0; c < d; c++) {
      const x = factors[ra + c], y = b === undefined ? 0 : factors[rb + c];
      xx += x * x;
      xy += x * y;
      yy += y * y;
    }
    const at = STRIDE * i;
    flat[at] = means[i * d + a];
    flat[at + 1] = b === undefined ? 0 : means[i * d + b];
    flat[at + 2] = xx;
    flat[at + 3] = xy;
    flat[at + 4] = yy;
    flat[at + 5] = weights[i];
  }
  return flat;
}

/** Component i as an ellipse in pixels: centre, standard deviations along its axes, and the angle of the long one. */
export function ellipseOf(flat, i, {scale: [sx, sy], origin}) {
  const at = STRIDE * i, xx = flat[at + 2] * sx * sx, xy = flat[at + 3] * sx * sy, yy = flat[at + 4] * sy * sy;
  const half = 0.5 * (xx - yy), reach = Math.hypot(half, xy), mid = 0.5 * (xx + yy), long = Math.sqrt(mid + reach);
  return {
    x: origin[0] + flat[at] * sx, y: origin[1] + flat[at + 1] * sy,
    long, short: Math.sqrt(Math.max(0, (xx * yy - xy * xy))) / long, turn: reach === 0 ? 0 : 0.5 * Math.atan2(2 * xy, xx - yy),
  };
}

/** Half the sides of the box around an ellipse. */
export function halfBox({long, short, turn}) {
  const c = Math.cos(turn), s = Math.sin(turn);
  return [Math.hypot(long * c, short * s), Math.hypot(long * s, short * c)];
}

/** ln w N(x) of component i, up to a constant, on the axes shown. */
export function logHere(flat, i, [x, y]) {
  return Math.log(flat[STRIDE * i + 5]) - 0.5 * (distanceTo(flat, i, [x, y]) + Math.log(determinant(flat, i)));
}

/** The squared distance of a place from component i, in standard deviations. */
export function distanceTo(flat, i, [x, y]) {
  const at = STRIDE * i, dx = x - flat[at], xx = flat[at + 2], yy = flat[at + 4], xy = flat[at + 3];
  if (yy === 0) return (dx * dx) / xx;
  const dy = y - flat[at + 1], det = xx * yy - xy * xy;
  return (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / det;
}

function determinant(flat, i) {
  const at = STRIDE * i, yy = flat[at + 4];
  return yy === 0 ? flat[at + 2] : flat[at + 2] * yy - flat[at + 3] ** 2;
}
