// Tone curves, as tone.py has them, and looks as the shaders want them.
import { paletteShades } from './palettes.js';

// "linear", "gamma:0.5" or "0:255,0.25:0,1:0" -> {kind, gamma, points}; null where it is none of them.
export function parseTone(text) {
  const curve = text.trim().toLowerCase();
  if (curve === 'linear') return { kind: 'linear', gamma: 1, points: [] };
  if (curve.startsWith('gamma:')) {
    const gamma = numberOf(curve.slice(6));
    return gamma > 0 ? { kind: 'gamma', gamma, points: [] } : null;
  }
  const points = curve.split(',').map((pair) => pair.split(':').map(numberOf));
  const good = points.length > 1 && points.every((point, i) => point.length === 2 && point[0] >= 0 && point[0] <= 1 &&
    point[1] >= 0 && point[1] <= 255 && (i === 0 || points[i - 1][0] < point[0]));
  return good ? { kind: 'points', gamma: 1, points } : null;
}

const numberOf = (word) => (word.trim() === '' ? NaN : Number(word));

// The text that `parseTone` and Python's `parse_tone` read.
export function toneText({ kind, gamma, points }) {
  if (kind === 'gamma') return `gamma:${gamma}`;
  return kind === 'points' ? points.map((point) => point.join(':')).join(',') : 'linear';
}

// The grey (0..255) of s in 0..1: of style 'grid' a density by the largest, whose ink is 0; else a channel of a colour.
export function toneAt({ kind, gamma, points }, style, s) {
  if (kind === 'points') {
    const after = points.findIndex(([at]) => s <= at);
    if (after < 1) return points[after === 0 ? 0 : points.length - 1][1];
    const [[x0, y0], [x1, y1]] = points.slice(after - 1, after + 1);
    return y0 + ((y1 - y0) * (s - x0)) / (x1 - x0);
  }
  const bent = kind === 'gamma' ? s ** gamma : s;
  return 255 * (style === 'grid' ? 1 - bent : bent);
}

// '#rrggbb', or [r, g, b] in 0..255 -> the same in 0..1
export const unitColour = (given) => (typeof given === 'string'
  ? [1, 3, 5].map((at) => parseInt(given.slice(at, at + 2), 16) / 255) : given.map((channel) => channel / 255));

export const REACH = 6;  // standard deviations: where the outermost contour lies
export const FIELD_LOOKS = { mean: 0, grid: 1, contour: 2 };
export const LINEAR = { kind: 'linear', gamma: 1, points: [] };

// A look as the painters take it: {look, curve, ink, paper, shades, reach}, all of it in 0..1.
export function tonedLook(look) {
  const { style, tone = {}, colours = 'viridis', shades, ink, paper = null } = look;
  const curve = tone[style] ?? LINEAR, steps = (shades ?? paletteShades(colours)).map(unitColour);
  if (paper) steps[0] = unitColour(paper);
  return { style, look: FIELD_LOOKS[style] ?? 3, curve, ink: unitColour(ink ?? '#000000'), paper: unitColour(paper ?? '#ffffff'),
    shades: steps, reach: look.reach ?? REACH, lines: look.lines !== false,
    full: Math.log(look.full ?? 1) };  // full: the share of the largest density from which on ink is full
}
