// What one works on: a source, the mixture's parts, and what people added to them. Documents are never written into.

import {heldParts, spreadOn} from './algebra.js';

/** What a component holds fixed while a mixture is fitted. */
export const PIN_MEAN = 1, PIN_COVARIANCE = 2, PIN_WEIGHT = 4;

/** The colours of components that have none of their own. */
const HUES = ['#4477aa', '#d9822b', '#2b8a5f', '#c2476b', '#8a63b8', '#8d7a26', '#3f9fb5', '#7d6a5c'];

const INK = '#14213d'; // of ellipses, as Python draws them
const LINEAR_TONE = {kind: 'linear', gamma: 1, points: []};
const RANGE_ROOM = 0.08; // beside the outermost points, as a share of their range
const WIDE_SIGMAS = 3; // of a mixture without points

export function isPicture(document) {
  return document.source.frame !== null;
}

/** Whether components have a colour of their own: the third to fifth coordinate. */
export function isColoured(document) {
  return document.source.kind === 'colour' || (isPicture(document) && document.source.d === 5);
}

/** A document with nothing done to it yet. `more` may hold a fit and a look, in part. */
export function newDocument(source, parts = null, more = {}) {
  const {d} = source, k = parts ? parts.k : 0, picture = source.frame !== null, colour = picture && d === 5;
  return {
    source, parts, ...blankComponents(k),
    axes: d === 1 ? [0] : [0, 1],
    range: rangeOf(source, parts),
    byHand: false,
    fit: {
      k: k || (colour ? 400 : picture ? 200 : 3), covariance_type: 'full', start: 'random_from_data', seed: 0, tol: 1e-3,
      max_iter: 100, prior: 0, iteration: 0, objective: null, polish: false, criteria: null, ...more.fit,
    },
    look: {
      style: colour ? 'mean' : picture ? 'grid' : 'contour', view: picture ? 'split' : 'painted', split: 0.34,
      tone: {mean: LINEAR_TONE, grid: LINEAR_TONE}, colours: picture ? 'viridis' : 'ink', ink: null, paper: null, sharpen: 1, count: null,
      dots: 40000, radius: null, ellipses: 0.4, ...more.look,
    },
  };
}

/** The styles that suit a document, in the order of their thumbnails. */
export function stylesOf(document) {
  if (isColoured(document)) return ['mean', 'grid', 'contour', 'dots', 'ellipses'];
  return isPicture(document) ? ['grid', 'contour', 'dots', 'ellipses'] : ['contour', 'grid', 'dots', 'ellipses'];
}

/** The document with settings of the next fit; what made the parts that are there is kept as `made`, which the line keeps to. */
export function withHow(document, settings) {
  const {fit, parts} = document;
  if (Object.keys(settings).every((key) => fit[key] === settings[key])) return document;
  const {covariance_type, start, seed, tol, max_iter, prior, polish, iteration} = fit;
  const made = parts ? fit.made ?? {covariance_type, start, seed, tol, max_iter, prior, polish, iteration} : null;
  return {...document, fit: {...fit, ...settings, made}};
}

function blankComponents(k) {
  return {
    pins: new Uint8Array(k), hidden: new Uint8Array(k),
    names: new Array(k).fill(null), colours: new Array(k).fill(null),
  };
}

/** The smallest and largest value of each coordinate, with room around: (2 d), low and high in turn. */
function rangeOf(source, parts) {
  const {d, points, frame} = source, range = new Float64Array(2 * d);
  for (let j = 0; j < d; j++) {
    let low = Infinity, high = -Infinity;
    for (let i = j; i < (points?.length ?? 0); i += d) {
      if (points[i] < low) low = points[i];
      if (points[i] > high) high = points[i];
    }
    if (low > high) {
      for (let i = 0; i < (parts?.k ?? 0); i++) {
        const reach = WIDE_SIGMAS * spreadOn(parts, i, j), mean = parts.means[i * d + j];
        low = Math.min(low, mean - reach);
        high = Math.max(high, mean + reach);
      }
    }
    if (low > high) [low, high] = [0, 1];
    const room = high > low ? RANGE_ROOM * (high - low) : Math.max(1, Math.abs(low)) / 2;
    range.set([low - room, high + room], 2 * j);
  }
  if (frame) range.set([frame[0], frame[2], frame[1], frame[3]]);
  return range;
}

/**
 * The document with other parts. `from` tells for each new component the old one whose name, pins, colour it takes,
 * or -1; without it they stay where they are, where both have as many, and are blank elsewhere.
 */
export function withParts(document, parts, from = null) {
  if (parts === document.parts) return document;
  const before = document.pins.length;
  if (from === null && before === parts.k) return {...document, parts};
  const rest = blankComponents(parts.k), keep = !isPicture(document);
  for (let i = 0; i < parts.k; i++) {
    const old = from ? from[i] : before === 0 || i >= before ? -1 : i;
    if (old < 0) continue;
    rest.pins[i] = document.pins[old];
    rest.hidden[i] = document.hidden[old];
    rest.names[i] = document.names[old];
    rest.colours[i] = document.colours[old] ?? (keep && old % HUES.length !== i % HUES.length ? HUES[old % HUES.length] : null);
  }
  return {...document, parts, ...rest};
}

/** The document as a fit has made it: its parts at an iteration. */
export function fitted(document, {parts, iteration, objective, criteria = null, reason = null}) {
  const fit = {...document.fit, iteration, objective, criteria, reason, k: parts ? parts.k : document.fit.k};
  return {...(parts ? withParts(document, parts) : document), fit};
}

/** The name of component i, as one says it. */
export function nameOf(document, i) {
  return document.names[i] ?? `Component ${i + 1}`;
}

/** The colour of component i on the screen, #rrggbb. */
export function colourOf(document, i) {
  if (isColoured(document)) {
    const at = i * document.parts.d + 2;
    return hexOf(document.parts.means.subarray(at, at + 3));
  }
  return document.colours[i] ?? (isPicture(document) ? document.look.ink ?? INK : HUES[i % HUES.length]);
}

/** #rrggbb of three numbers, 0 to 255. */
export function hexOf(rgb) {
  let text = '#';
  for (let c = 0; c < 3; c++) text += Math.round(Math.min(255, Math.max(0, rgb[c]))).toString(16).padStart(2, '0');
  return text;
}

/** Three numbers of #rrggbb. */
export function rgbOf(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** The numbers of the components, heaviest first; equal weights in their order. */
export function byWeight(document) {
  return remembered(weightOrders, document.parts, ({k, weights}) =>
    Array.from({length: k}, (_, i) => i).sort((i, j) => weights[j] - weights[i] || i - j));
}

/** The numbers of the components that pictures show: not hidden, and the heaviest `look.count` of these. */
export function shownOf(document) {
  if (!document.parts) return [];
  const seen = byWeight(document).filter((i) => !document.hidden[i]);
  return document.look.count === null ? seen : seen.slice(0, Math.max(1, document.look.count));
}

/**
 * What one looks at and asks about: {parts, ids} of the components shown, in their order, with the weights that they have;
 * ids are their numbers. Where all are shown, the parts themselves.
 */
export function shownParts(document) {
  const {parts, hidden, look: {count}} = document, known = shownOnes.get(parts);
  if (known && known.hidden === hidden && known.count === count) return known;
  const ids = shownOf(document).sort((i, j) => i - j), found = {parts: ids.length === parts.k ? parts : heldParts(parts, ids), ids, hidden, count};
  shownOnes.set(parts, found);
  return found;
}

const shownOnes = new WeakMap(), weightOrders = new WeakMap();

/** What `make` makes of a value that is never written into, made once. */
export function remembered(table, value, make) {
  if (!table.has(value)) table.set(value, make(value));
  return table.get(value);
}

/** What is wrong with parts, as a sentence; null if nothing is. */
export function wrongWith(parts) {
  const {k, d, weights, means, factors} = parts;
  if (weights.length !== k || means.length !== k * d || factors.length !== k * d * d) return 'Lengths differ.';
  if (k < 1) return 'There is no component.';
  let total = 0;
  for (let i = 0; i < k; i++) {
    if (!(weights[i] >= 0)) return `Component ${i + 1} has the weight ${weights[i]}.`;
    total += weights[i];
    for (let a = 0; a < d; a++) {
      if (!Number.isFinite(means[i * d + a])) return `Component ${i + 1} has the mean ${means[i * d + a]}.`;
      for (let b = 0; b < d; b++) {
        const entry = factors[(i * d + a) * d + b];
        if (!Number.isFinite(entry) || (b > a && entry !== 0) || (a === b && !(entry > 0))) return `Component ${i + 1} has no width.`;
      }
    }
  }
  return Math.abs(total - 1) < 1e-6 ? null : `Weights sum to ${total}.`;
}
