// Tone curves under the hand: their points as drawn, moved, added, taken away; and the histogram behind.

import { toneAt } from './tones.js';

/** The least distance between two points of a curve. */
const APART = 0.01;

/** The points of a curve as drawn: [x, y] in 0..1, rising when linear. Of densities y is the ink: grey 255 is paper. */
export function drawnCurve(curve, style) {
  if (curve.kind === 'points') return curve.points.map(([x, grey]) => [x, inkOf(grey, style)]);
  if (curve.kind !== 'gamma') return [[0, 0], [1, 1]];
  return Array.from({ length: 65 }, (_, i) => [(i / 64) ** 2, (i / 64) ** (2 * curve.gamma)]);  // close where it is steep
}

/** Grey 0..255 to the height of a point, and back. */
export function inkOf(grey, style) {
  return style === 'grid' ? 1 - grey / 255 : grey / 255;
}
function greyOf(ink, style) {
  return Math.round(255 * Math.min(1, Math.max(0, style === 'grid' ? 1 - ink : ink)));
}

/** A curve of points that looks like another one: where the editor goes on from a straight line or a gamma. */
export function bentFrom(curve, style) {
  if (curve.kind === 'points') return curve;
  const places = curve.kind === 'gamma' ? [0, 0.1, 0.35, 1] : [0, 0.25, 0.75, 1];
  return pointsCurve(places.map((x) => [x, Math.round(toneAt(curve, style, x))]), curve);
}

function pointsCurve(points, curve) {
  return { ...curve, kind: 'points', points };
}

/** One point elsewhere, within its neighbours; the ends may leave the sides. */
export function movedPoint(curve, j, [x, y], style) {
  const points = curve.points, low = j > 0 ? points[j - 1][0] + APART : 0, high = j < points.length - 1 ? points[j + 1][0] - APART : 1;
  const place = Math.round(1000 * Math.min(high, Math.max(low, x))) / 1000;
  return pointsCurve(points.map((point, i) => (i === j ? [place, greyOf(y, style)] : point)), curve);
}

/** One point more, or the same curve where there is no room; and its number. */
export function addedPoint(curve, [x, y], style) {
  const place = Math.round(1000 * Math.min(1, Math.max(0, x))) / 1000;
  if (curve.points.some(([other]) => Math.abs(other - place) < APART)) return { curve, j: -1 };
  const points = [...curve.points, [place, greyOf(y, style)]].sort((a, b) => a[0] - b[0]);
  return { curve: pointsCurve(points, curve), j: points.findIndex(([other]) => other === place) };
}

/** One point less, of three or more. */
export function withoutPoint(curve, j) {
  return curve.points.length < 3 ? curve : pointsCurve(curve.points.filter((_, i) => i !== j), curve);
}

/** How much of a colour picture has which lightness, by its components: a histogram of `n` bins, the largest 1. */
export function toneHistogram(parts, style, n = 28) {
  const bins = new Float64Array(n);
  if (style === 'grid') densityBins(parts, bins);
  else if (parts.d >= 5) colourBins(parts, bins);
  const top = bins.reduce((a, b) => Math.max(a, b), 0);
  return Array.from(bins, (v) => (top > 0 ? v / top : 0));
}

function colourBins({ k, d, weights, means, factors }, bins) {
  const n = bins.length;
  for (let i = 0; i < k; i++) {
    for (let c = 2; c < 5; c++) {  // what place explains of a channel: the factor's first two entries in its row
      const row = i * d * d + c * d, m = means[i * d + c], s = Math.max(4, Math.hypot(factors[row], factors[row + 1]));
      const first = Math.max(0, Math.floor((m - 3 * s) * n / 255)), last = Math.min(n - 1, Math.ceil((m + 3 * s) * n / 255));
      for (let b = first; b <= last; b++) bins[b] += weights[i] / s * Math.exp(-0.5 * (((b + 0.5) * 255 / n - m) / s) ** 2);
    }
  }
}

function densityBins({ k, d, weights, means, factors }, bins) {
  const side = 56, field = new Float64Array(side * side), edge = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < k; i++) {
    const a = factors[i * d * d], s = Math.hypot(factors[i * d * d + d], d > 1 ? factors[i * d * d + d + 1] : 0), [x, y] = [means[i * d], means[i * d + 1]];
    edge[0] = Math.min(edge[0], x - 2 * a); edge[1] = Math.min(edge[1], y - 2 * s);
    edge[2] = Math.max(edge[2], x + 2 * a); edge[3] = Math.max(edge[3], y + 2 * s);
  }
  const ux = (edge[2] - edge[0]) / side, uy = (edge[3] - edge[1]) / side;
  for (let i = 0; i < k && d > 1; i++) {
    const at = i * d * d, a = Math.max(factors[at], 0.3 * ux), b = factors[at + d], c = Math.max(factors[at + d + 1], 0.3 * uy), tall = Math.hypot(b, c);
    const [mx, my] = [(means[i * d] - edge[0]) / ux, (means[i * d + 1] - edge[1]) / uy];
    for (let y = Math.max(0, Math.floor(my - 3.5 * tall / uy)); y < Math.min(side, my + 3.5 * tall / uy); y++) {
      for (let x = Math.max(0, Math.floor(mx - 3.5 * a / ux)); x < Math.min(side, mx + 3.5 * a / ux); x++) {
        const u = (x + 0.5 - mx) * ux / a, v = ((y + 0.5 - my) * uy - b * u) / c;
        field[y * side + x] += weights[i] / (a * c) * Math.exp(-0.5 * (u * u + v * v));
      }
    }
  }
  const top = field.reduce((p, q) => Math.max(p, q), 0);
  for (const v of field) if (v > 0.004 * top) bins[Math.min(bins.length - 1, Math.floor(bins.length * v / top))] += 1;
}
