// What the painter is given: a document's mixture, an eye, a look; and tables that are tinted so that points stand out.
import {isPicture, remembered, rgbOf} from './document.js';
import {marginal} from './algebra.js';
import {paletteShades} from './palettes.js';

const REST = 160, PROMPT = 8; // milliseconds: after which what moved is sharp; that painting may take in any frame
const BUSY_WAIT = 4; // milliseconds between two looks at whether the painter is done
const TINT = 0.36; // of a palette that lies under points
const PLOT_REACH = 4.6; // standard deviations to the outermost contour of a plot
const PAINTED = ['style', 'tone', 'colours', 'ink', 'paper', 'sharpen', 'count', 'dots', 'radius'];

/** Whether there is something to paint. */
export function paints({parts, axes, look}) {
  return parts !== null && axes.length === 2 && look.view !== 'original';
}

/** All that the painted sheet depends on; two alike need no new painting. */
function sheetKey(document, place, ratio, theme) {
  const {parts, hidden, axes, look} = document;
  return [parts, hidden, axes, place, ratio, theme, ...PAINTED.map((name) => look[name])];
}

/** The painter told of a document. ratio: of the units of its two axes on the screen. */
export function tellPainter(painter, {source, parts, axes, hidden, look}, ratio = 1) {
  const picture = isPicture({source}), seen = {sharpen: look.sharpen, count: look.count, hidden, frame: picture ? source.frame : null, up: !picture};
  if (picture) painter.setParts(parts, axes, seen);
  else if (ratio === 1) painter.setParts(parts, axes, {...seen, colour: false});
  else painter.setParts(stretchedParts(parts, axes, ratio), [0, 1], {...seen, colour: false});
}

/** The painter told of a document, and what to draw of it in a part [x, y, width, height] of the stage. */
function aim(painter, document, place, [x, y, width, height], inks) {
  const picture = isPicture(document), {look} = document, [ux, uy] = place.units, ratio = ux / uy;
  tellPainter(painter, document, ratio);
  const middle = place.toPicture([x + width / 2, y + height / 2]), [x0, y0] = place.toPicture([x, y + height]), [x1, y1] = place.toPicture([x + width, y]);
  return {
    eye: {x: middle[0], y: middle[1] * ratio, unit: ux}, width, height, look: picture ? look : plotLook(look, inks),
    frame: picture ? [x0, y1, x1, y0] : [x0, y0 * ratio, x1, y1 * ratio],
  };
}

/** What is painted of a document on the stage, as ImageData. ratio: pixels a CSS pixel. */
export function imageOf(painter, document, place, inks, ratio) {
  const [, , wide, high] = place.shown, w = Math.max(1, Math.round(wide * ratio)), h = Math.max(1, Math.round(high * ratio));
  const {look, frame} = aim(painter, document, place, place.shown, inks);
  return new ImageData(painter.pixels(w, h, look, frame), w, h);
}

const stretches = new WeakMap();

/** A mixture on two axes with the second one in other units, so that both have one scale on the screen. */
function stretchedParts(parts, [a, b], ratio) {
  const known = remembered(stretches, parts, () => new Map()), key = `${a},${b},${ratio}`;
  if (!known.has(key)) {
    const {k, d, weights, means, factors} = marginal(parts, [a, b]);
    known.clear();
    known.set(key, {k, d, weights, means: means.map((v, i) => (i % 2 ? v * ratio : v)), factors: factors.map((v, i) => (i % 4 > 1 ? v * ratio : v))});
  }
  return known.get(key);
}

const lightness = ([r, g, b]) => 0.3 * r + 0.59 * g + 0.11 * b;

/** A look for a plot: on the colour of its sheet, and so soft that points and ellipses stand out. */
export function plotLook(look, inks) {
  const raised = rgbOf(inks.raised), shades = paletteShades(look.colours), far = (rgb) => Math.abs(lightness(rgb) - lightness(raised));
  const outward = far(shades[0]) > far(shades.at(-1)) ? [...shades].reverse() : shades; // the densest, what differs most from the sheet
  const soft = outward.map((shade, i) => shade.map((v, c) => raised[c] + (v - raised[c]) * TINT * Math.min(1, i / (shades.length - 1))));
  return {...look, reach: PLOT_REACH, lines: false, shades: soft, paper: look.paper ?? inks.raised, ink: look.ink ?? inks.text};
}

/** An element at [x, y, width, height] of the stage. */
export function at({style}, [x, y, wide, high]) {
  Object.assign(style, {left: `${x}px`, top: `${y}px`, width: `${wide}px`, height: `${high}px`});
}

/**
 * The painter's canvas on the stage: painted quickly while something moves and sharply at rest, and never so often that
 * what moves with the pointer has to wait. `other` is a canvas for another state of the document, left of the line.
 * view: {place, inks, later()}.
 */
export function paintedSheet(app, painter, other, view) {
  const sheet = painter.canvas;
  let key = [], otherKey = [], unpainted = false, painted = null, resting = 0, waiting = 0, ended = false;

  const differs = (one, two) => one.length !== two.length || one.some((value, i) => value !== two[i]);

  function update(document, place, ratio, beside) {
    const {shown} = place, seen = paints(document) && shown[2] >= 1 && shown[3] >= 1;
    sheet.hidden = !seen;
    other.hidden = !seen || !beside;
    if (!seen) return;
    const next = sheetKey(document, place, ratio, view.inks);
    if (differs(key, next)) unpainted = true;
    key = next;
    if (unpainted) paintSoon();
    if (painted) put(painted, place, isPicture(document));
    if (!beside) return;
    const nextOther = sheetKey(beside, place, ratio, view.inks);
    if (differs(otherKey, nextOther)) paintOther(beside, place, ratio);
    otherKey = nextOther;
    other.style.clipPath = `inset(0 ${Math.max(0, shown[0] + shown[2] - place.sheet[0] - document.look.split * place.sheet[2])}px 0 0)`;
  }

  /** Paints at once, or after a while where painting takes long: what moves with the pointer comes first. */
  function paintSoon() {
    clearTimeout(resting);
    resting = 0;
    const wait = Math.max(painted ? painted.end + painted.took - performance.now() : 0, painter.busy ? BUSY_WAIT : 0);
    if (wait <= 0) paint(true);
    else if (!waiting) waiting = setTimeout(paintAgain, wait);
  }

  /** What waited, unless the painter is still at what came before. */
  function paintAgain() {
    waiting = 0;
    paintSoon();
  }

  function sharpen() {
    resting = 0;
    if (painter.busy) resting = setTimeout(sharpen, BUSY_WAIT);
    else paint(false);
  }

  function paint(quick) {
    clearTimeout(waiting);
    clearTimeout(resting);
    waiting = resting = 0;
    const {document} = app.state, {inks} = view;
    if (ended || !document || !paints(document) || sheet.hidden) return;
    if (!inks) return view.later(); // the theme has just changed: what is drawn next begins anew
    const {place} = view, start = performance.now(), {shown} = place;
    painter.draw({...aim(painter, document, place, shown, inks), ratio: globalThis.devicePixelRatio || 1}, {quick});
    const end = performance.now(), took = end - start;
    painted = {from: place.toPicture(shown), to: place.toPicture([shown[0] + shown[2], shown[1] + shown[3]]), end, took: took > PROMPT ? took : 0};
    unpainted = false;
    put(painted, place, isPicture(document));
    if (quick) resting = setTimeout(sharpen, REST);
  }

  /** The painted canvas where it belongs now, even if it was painted for another eye. */
  function put({from, to}, place, whole) {
    const [x0, y0] = place.toScreen(from), [x1, y1] = place.toScreen(to), [left, top, wide, high] = place.shown;
    at(sheet, [x0, y0, x1 - x0, y1 - y0]);
    const inset = [top - y0, x1 - left - wide, y1 - top - high, left - x0].map((gap) => Math.max(0, gap));
    sheet.style.clipPath = whole || inset.every((gap) => gap < 0.5) ? 'none' : `inset(${inset.map((gap) => `${gap}px`).join(' ')})`;
  }

  function paintOther(beside, place, ratio) {
    const image = imageOf(painter, beside, place, view.inks, ratio);
    at(other, place.shown);
    Object.assign(other, {width: image.width, height: image.height});
    other.getContext('2d').putImageData(image, 0, 0);
    aim(painter, app.state.document, place, place.shown, view.inks);
  }

  return {
    update,
    get rested() { return sheet.hidden || (!unpainted && !waiting && !resting && !painter.busy && !painter.refining); },
    again() { key = otherKey = []; },
    destroy() {
      ended = true;
      clearTimeout(resting);
      clearTimeout(waiting);
    },
  };
}
