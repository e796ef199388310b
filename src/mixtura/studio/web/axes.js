// The frame of a plot: grid lines, ticks and names of its columns, and the marginal densities along its axes.
import {minus, ticks} from './format.js';
import {curveOf, marginOf, sliceOf} from './slices.js';

const TICKS_APART = 88; // pixels between two ticks, about
const MARGIN_HIGH = 46, SLICE_HIGH = 66;

/** The digits that tell round numbers apart that have this distance. */
export function digitsOf(step) {
  return step > 0 ? Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))) : 0;
}

/** What a tick says. */
function tickText(value, digits) {
  const text = Math.abs(value) >= 1e6 || (value !== 0 && digits > 6) ? value.toExponential(Math.min(3, digits)) : value.toFixed(digits);
  return minus(text);
}

/** Grid lines, ticks and the names of the columns. */
export function drawAxes(g, document, place, inks) {
  const [left, top, wide, high] = place.sheet, right = left + wide, bottom = top + high;
  const [x0, y0] = place.toPicture([left, bottom]), [x1, y1] = place.toPicture([right, top]);
  const {columns} = document.source, [a, b] = document.axes;
  g.font = inks.font;
  g.lineWidth = 1;
  g.strokeStyle = inks.line;
  g.fillStyle = inks.faint;
  const across = ticks(x0, x1, wide / TICKS_APART), digits = digitsOf(across[1] - across[0]), name = columns[a] ?? 'x', nameWide = g.measureText(name).width;
  g.beginPath();
  g.textAlign = 'center';
  for (const value of across) {
    const x = Math.round(place.toScreen([value, 0])[0]) + 0.5;
    g.moveTo(x, top);
    g.lineTo(x, bottom);
    if (x < right - nameWide - 26) g.fillText(tickText(value, digits), x, bottom + 16);
  }
  g.textAlign = 'right';
  if (b !== undefined) {
    const up = ticks(y0, y1, high / (0.8 * TICKS_APART)), fine = digitsOf(up[1] - up[0]);
    for (const value of up) {
      const y = Math.round(place.toScreen([0, value])[1]) + 0.5;
      g.moveTo(left, y);
      g.lineTo(right, y);
      if (y > top + 18) g.fillText(tickText(value, fine), left - 7, y + 3.5);
    }
  }
  g.stroke();
  g.fillStyle = inks.soft;
  g.fillText(name, right, bottom + 16);
  if (b !== undefined) clippedText(g, columns[b] ?? 'y', left - 7, top + 9, left - 12);
}

function clippedText(g, words, x, y, room) {
  let text = words;
  while (text.length > 2 && g.measureText(text).width > room) text = `${text.slice(0, -2)}…`;
  g.fillText(text, x, y);
}

/** The marginal densities of both columns, standing on their axes. */
export function drawMargins(g, document, place, inks) {
  if (document.axes.length < 2 || place.sheet[2] < 240) return;
  for (const way of [0, 1]) drawCurve(g, place, marginOf(document, way), way, {high: MARGIN_HIGH, colour: inks.faint, fill: 0.1, width: 1, far: false});
}

/** The density of the second column given the first at a value, on the right edge; with a line where that is. */
export function drawSlice(g, document, place, inks, value) {
  const [left, top, wide, high] = place.sheet, x = Math.round(place.toScreen([value, 0])[0]) + 0.5;
  if (x < left || x > left + wide) return;
  g.strokeStyle = inks.accent;
  g.lineWidth = 1;
  g.setLineDash([3, 4]);
  g.beginPath();
  g.moveTo(x, top);
  g.lineTo(x, top + high);
  g.stroke();
  g.setLineDash([]);
  drawCurve(g, place, sliceOf(document, 1, value), 1, {high: SLICE_HIGH, colour: inks.accent, fill: 0.16, width: 1.6, far: true});
  const {columns} = document.source, [a, b] = document.axes, digits = digitsOf((place.units[0] * wide) / 300);
  g.font = inks.font;
  g.fillStyle = inks.accent;
  g.textAlign = 'right';
  g.fillText(`density of ${columns[b]}, given ${columns[a]} = ${tickText(value, digits)}`, left + wide - 8, top + 16);
}

/** A density along an axis: on the near one (bottom, left) or on the far one. */
function drawCurve(g, place, list, way, {high, colour, fill, width, far}) {
  const [left, top, wide, tall] = place.sheet, ends = [place.toPicture([left, top + tall])[way], place.toPicture([left + wide, top])[way]];
  const curve = curveOf(list, ends[0], ends[1]), most = curve.reduce((best, [, density]) => Math.max(best, density), 0);
  if (!(most > 0)) return;
  const base = way === 0 ? top + tall : far ? left + wide : left, sign = way === 0 || far ? -1 : 1;
  const at = ([value, density]) => {
    const along = place.toScreen(way === 0 ? [value, 0] : [0, value])[way], off = base + (sign * high * density) / most;
    return way === 0 ? [along, off] : [off, along];
  };
  g.beginPath();
  curve.forEach((point, i) => (i ? g.lineTo(...at(point)) : g.moveTo(...at(point))));
  g.strokeStyle = g.fillStyle = colour;
  g.lineWidth = width;
  g.stroke();
  g.lineTo(...at([curve.at(-1)[0], 0]));
  g.lineTo(...at([curve[0][0], 0]));
  g.globalAlpha = fill;
  g.fill();
  g.globalAlpha = 1;
}
