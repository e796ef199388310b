// Looks as the painters take them.
import { paletteShades } from './palettes.js';

// '#rrggbb', or [r, g, b] in 0..255 -> the same in 0..1
export const unitColour = (given) => (typeof given === 'string'
  ? [1, 3, 5].map((at) => parseInt(given.slice(at, at + 2), 16) / 255) : given.map((channel) => channel / 255));

const REACH = 6;  // standard deviations: where the outermost contour lies
const LINEAR = { kind: 'linear', gamma: 1, points: [] };

// A look as the painters take it: {style, curve, ink, paper, shades, reach, lines, full}, colours in 0..1.
export function tonedLook(look) {
  const { style, tone = {}, colours = 'viridis', shades, ink, paper = null } = look;
  const curve = tone[style] ?? LINEAR, steps = (shades ?? paletteShades(colours)).map(unitColour);
  if (paper) steps[0] = unitColour(paper);
  return { style, curve, ink: unitColour(ink ?? '#000000'), paper: unitColour(paper ?? '#ffffff'),
    shades: steps, reach: look.reach ?? REACH, lines: look.lines !== false,
    full: Math.log(look.full ?? 1) };  // full: the share of the largest density from which on ink is full
}
