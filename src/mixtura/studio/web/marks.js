// All components, drawn once and left until the mixture or the view changes: ellipses, or bumps where there is one axis.
import {colourOf, isPicture, remembered, shownOf, shownParts} from './document.js';
import {ellipseOf, flatOf} from './flat.js';
import {ellipsePath} from './inks.js';
import {densityIn, marginOf} from './slices.js';

const TINY = 0.6; // pixels of a deviation below which an ellipse is a speck
const TOGETHER = 64; // ellipses of a path: a path of thousands takes seconds
const MOST_ABOVE = 3;
const FULL_TURN = 2 * Math.PI;

/** Ellipses of all components but those in `without` (a Set). */
export function drawMarks(g, document, place, inks, without) {
  const opacity = document.look.ellipses;
  if (!document.parts) return;
  if (document.axes.length === 1) drawBumps(g, document, place, inks, without);
  else if (opacity > 0) {
    const {ellipses, hidden} = ellipsesSeen(document, place, without);
    if (isPicture(document)) marksOnPicture(g, ellipses, opacity, inks.thick);
    else marksOnPlot(g, document, ellipses, opacity, inks.thick);
    drawHidden(g, inks, hidden);
  }
  drawPins(g, document, place, inks);
}

/** The ellipses on the stage: [component, ellipse] of those shown, and of those hidden. */
function ellipsesSeen(document, place, without) {
  const flat = flatOf(document), ellipses = [], hidden = [];
  const see = (i, list) => {
    if (without.has(i)) return;
    const ellipse = ellipseOf(flat, i, place), reach = 2 * ellipse.long;
    if (ellipse.x + reach < 0 || ellipse.y + reach < 0 || ellipse.x - reach > place.width || ellipse.y - reach > place.height) return;
    if (ellipse.long > TINY) list.push([i, ellipse]);
  };
  for (const i of shownOf(document)) see(i, ellipses);
  document.hidden.forEach((gone, i) => { if (gone) see(i, hidden); });
  return {ellipses, hidden};
}

function strokeAll(g, ellipses, sigmas, colour, width) {
  g.strokeStyle = colour;
  g.lineWidth = width;
  for (let first = 0; first < ellipses.length; first += TOGETHER) {
    g.beginPath();
    for (const [, ellipse] of ellipses.slice(first, first + TOGETHER)) ellipsePath(g, ellipse, sigmas);
    g.stroke();
  }
}

function marksOnPicture(g, ellipses, opacity, thick) {
  strokeAll(g, ellipses, 1, `rgba(12, 12, 24, ${0.34 * opacity})`, 2.4 * thick);
  strokeAll(g, ellipses, 1, `rgba(255, 255, 255, ${Math.min(1, 0.95 * opacity)})`, 0.9 * thick);
}

function marksOnPlot(g, document, ellipses, opacity, thick) {
  const groups = new Map(), strength = Math.min(1, 2.4 * opacity);
  for (const one of ellipses) {
    const colour = colourOf(document, one[0]);
    groups.set(colour, [...groups.get(colour) ?? [], one]);
  }
  for (const [sigmas, alpha] of [[2, 0.45], [1, 0.95]]) {
    g.globalAlpha = alpha * strength;
    for (const [colour, group] of groups) strokeAll(g, group, sigmas, colour, 1.5 * thick);
  }
  g.globalAlpha = 1;
}

function drawHidden(g, inks, hidden) {
  if (!hidden.length) return;
  g.setLineDash([2, 4]);
  g.globalAlpha = 0.6;
  strokeAll(g, hidden, 1, inks.casing, 2.4);
  strokeAll(g, hidden, 1, inks.mark, 1);
  g.globalAlpha = 1;
  g.setLineDash([]);
}

/** A padlock on the mean of each component that a fit leaves alone in something. */
function drawPins(g, document, place, inks) {
  const flat = flatOf(document);
  document.pins.forEach((pins, i) => {
    if (!pins) return;
    const [x, y] = document.axes.length === 1 ? bumpTop(document, place, i) : place.toScreen([flat[6 * i], flat[6 * i + 1]]);
    if (x < -8 || y < -8 || x > place.width + 8 || y > place.height + 8) return;
    g.fillStyle = inks.hand;
    g.strokeStyle = '#ffffff';
    g.lineWidth = 1;
    g.beginPath();
    g.roundRect(x + 6, y - 13, 8, 6.5, 1.5);
    g.fill();
    g.stroke();
    g.beginPath();
    g.arc(x + 10, y - 13.5, 2.4, Math.PI, FULL_TURN);
    g.strokeStyle = '#ffffff';
    g.lineWidth = 3;
    g.stroke();
    g.strokeStyle = inks.hand;
    g.lineWidth = 1.4;
    g.stroke();
  });
}

/** The density that stands for 1 on the axis that goes up: the most of the histogram, or of the mixture up to three times that. */
function topDensity(document) {
  const bars = barsOf(document).bars.reduce((most, bar) => Math.max(most, bar.density), 0);
  const peak = remembered(peaks, document.parts ? shownParts(document) : document.source, () => peakOf(document));
  return bars ? Math.max(bars, Math.min(peak, MOST_ABOVE * bars)) : peak || 1;
}

const peaks = new WeakMap();

/** The mixture's density at the densest of its means. */
function peakOf(document) {
  if (!document.parts) return 0;
  const list = marginOf(document, 0);
  return list.reduce((most, [, mean]) => Math.max(most, densityIn(list, mean)), 0);
}

const histograms = new WeakMap();

/** {bars: [{from, to, density}]} of the points on the one axis shown, as wide as Freedman and Diaconis say. */
function barsOf({source, axes: [axis], range}) {
  const known = histograms.get(source.points ?? source) ?? new Map();
  histograms.set(source.points ?? source, known);
  if (!known.has(axis)) known.set(axis, {bars: histogramOf(source, axis, range)});
  return known.get(axis);
}

function histogramOf({points, d}, axis, range) {
  const values = [];
  for (let i = axis; i < (points?.length ?? 0); i += d) if (!Number.isNaN(points[i])) values.push(points[i]);
  if (!values.length) return [];
  values.sort((a, b) => a - b);
  const quarter = (share) => values[Math.min(values.length - 1, Math.floor(share * values.length))];
  const low = values[0], high = values.at(-1), spread = quarter(0.75) - quarter(0.25) || high - low || range[2 * axis + 1] - range[2 * axis];
  const count = Math.min(160, Math.max(8, Math.ceil((high - low) / ((2 * spread) / Math.cbrt(values.length))) || 8));
  const wide = (high - low) / count || 1, held = new Array(count).fill(0);
  for (const value of values) held[Math.min(count - 1, Math.floor((value - low) / wide))]++;
  return held.map((n, i) => ({from: low + i * wide, to: low + (i + 1) * wide, density: n / values.length / wide}));
}

/** The top of component i, in pixels. */
export function bumpTop(document, place, i) {
  const flat = flatOf(document), peak = flat[6 * i + 5] / Math.sqrt(2 * Math.PI * flat[6 * i + 2]);
  return place.toScreen([flat[6 * i], peak / topDensity(document)]);
}

/** The line of a bump as a path, from left to right. */
export function bumpPath(g, document, place, i, sigmas = 4) {
  const flat = flatOf(document), top = topDensity(document), wide = Math.sqrt(flat[6 * i + 2]), list = [[flat[6 * i + 5], flat[6 * i], wide]];
  for (let z = -sigmas; z <= sigmas; z += 0.1) {
    const value = flat[6 * i] + z * wide, [x, y] = place.toScreen([value, densityIn(list, value) / top]);
    if (z === -sigmas) g.moveTo(x, y);
    else g.lineTo(x, y);
  }
}

function drawBumps(g, document, place, inks, without) {
  const top = topDensity(document), [, base] = place.toScreen([0, 0]);
  g.fillStyle = inks.faint;
  g.globalAlpha = 0.22;
  for (const {from, to, density} of barsOf(document).bars) {
    const [x0, y] = place.toScreen([from, density / top]), [x1] = place.toScreen([to, 0]);
    g.fillRect(x0, y, Math.max(0.5, x1 - x0 - (x1 - x0 > 3 ? 1 : 0)), base - y);
  }
  for (const i of shownOf(document)) {
    if (without.has(i)) continue;
    g.fillStyle = g.strokeStyle = colourOf(document, i);
    g.globalAlpha = 0.14;
    g.beginPath();
    bumpPath(g, document, place, i);
    g.fill();
    g.globalAlpha = 0.95;
    g.lineWidth = 1.5;
    g.stroke();
  }
  g.globalAlpha = 1;
  drawTotal(g, document, place, inks, top);
}

function drawTotal(g, document, place, inks, top) {
  const list = marginOf(document, 0), [left, , wide] = place.sheet;
  g.strokeStyle = inks.text;
  g.lineWidth = 1.75;
  g.beginPath();
  for (let x = left; x <= left + wide; x += 2) {
    const [value] = place.toPicture([x, 0]), [, y] = place.toScreen([value, densityIn(list, value) / top]);
    if (x === left) g.moveTo(x, y);
    else g.lineTo(x, y);
  }
  g.stroke();
}
