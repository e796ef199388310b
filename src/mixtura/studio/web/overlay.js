// What moves with the pointer, over all else: hover, selection, handles, lasso, the place asked about.
import {hexOf, isColoured, isPicture, shownParts} from './document.js';
import {bumpPath, bumpTop} from './marks.js';
import {casedStroke, ellipsePath, label} from './inks.js';
import {drawSlice} from './axes.js';
import {ellipseOf, flatOf, logHere} from './flat.js';
import {colourAnswer, massIn} from './answers.js';
import {answerersAt} from './slices.js';
import {percent} from './format.js';

const MOST_THREADS = 6;
const SEEN_THREAD = 0.03; // of responsibility

/**
 * The overlay of a document. seen: {hover, selection, held (handles), ask, slice (a value or null), doing (what a gesture
 * shows: {lasso} | {brush} | {ellipse} | {box})}.
 */
export function drawOverlay(g, document, place, inks, seen) {
  const {hover, selection, held, ask, slice, doing} = seen;
  g.lineCap = g.lineJoin = 'round';
  if (document.parts) {
    if (slice !== null) drawSlice(g, document, place, inks, slice);
    if (ask?.box) drawBox(g, document, place, inks, ask.box);
    if (ask?.place) drawAsked(g, document, place, inks, ask.place);
    g.save();
    if (!isPicture(document)) clipTo(g, place.sheet);
    if (hover >= 0 && hover < document.parts.k && !selection.includes(hover)) outline(g, document, place, inks, hover, 1.2);
    for (const i of selection) outline(g, document, place, inks, i, selection.length > 1 ? 1.6 : 2);
    g.restore();
    if (held) drawHandles(g, inks, held);
  }
  if (doing?.lasso) drawLasso(g, inks, doing.lasso);
  if (doing?.brush) drawBrush(g, inks, doing.brush);
  if (doing?.ellipse) {
    casedStroke(g, inks, 1.6, () => ellipsePath(g, doing.ellipse));
    dashed(g, () => casedStroke(g, inks, 1, () => ellipsePath(g, doing.ellipse, 1.6)));
  }
  if (doing?.box) dashed(g, () => casedStroke(g, inks, 1, () => g.rect(...boxSides(doing.box))));
}

function clipTo(g, sheet) {
  g.beginPath();
  g.rect(...sheet);
  g.clip();
}

function dashed(g, draw) {
  g.setLineDash([3, 4]);
  draw();
  g.setLineDash([]);
}

function outline(g, document, place, inks, i, width) {
  if (document.axes.length === 1) casedStroke(g, inks, width, () => bumpPath(g, document, place, i, 3.2));
  else casedStroke(g, inks, width, () => ellipsePath(g, ellipseOf(flatOf(document), i, place), 1, 8));
}

function drawHandles(g, inks, {handles, ellipse, a, b, ring, north, angle, corners}) {
  if (ellipse && ring) {
    dashed(g, () => casedStroke(g, inks, 1, () => g.ellipse(ellipse.x, ellipse.y, a, b, ellipse.turn, 0, 2 * Math.PI)));
    g.globalAlpha = 0.34;
    casedStroke(g, inks, 1, () => g.arc(ellipse.x, ellipse.y, ring, 0, 2 * Math.PI));
    g.globalAlpha = 1;
    casedStroke(g, inks, 3, () => g.arc(ellipse.x, ellipse.y, ring, north, north + angle));
  }
  if (corners) dashed(g, () => casedStroke(g, inks, 1, () => corners.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y))) ?? g.closePath()));
  for (const {stalk, at} of handles) {
    if (stalk) casedStroke(g, inks, 1, () => (g.moveTo(...stalk), g.lineTo(...at)));
  }
  for (const handle of handles) drawKnob(g, handle);
}

function drawKnob(g, {shape, at: [x, y], turn = 0, kind}) {
  g.fillStyle = '#ffffff';
  g.strokeStyle = '#14141c';
  g.lineWidth = 1.4;
  g.beginPath();
  if (shape === 'square') {
    g.save();
    g.translate(x, y);
    g.rotate(turn);
    g.rect(-4.2, -4.2, 8.4, 8.4);
    g.restore();
  } else g.arc(x, y, shape === 'dot' ? 4.5 : kind === 'weight' ? 5.5 : 5, 0, 2 * Math.PI);
  g.fill();
  g.stroke();
  if (shape !== 'dot') return;
  g.fillStyle = '#14141c';
  g.beginPath();
  g.arc(x, y, 1.4, 0, 2 * Math.PI);
  g.fill();
}

function drawLasso(g, inks, path) {
  g.fillStyle = inks.accent;
  g.globalAlpha = 0.12;
  g.beginPath();
  path.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
  g.fill();
  g.globalAlpha = 1;
  dashed(g, () => casedStroke(g, inks, 1.2, () => {
    path.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y)));
    g.closePath();
  }));
}

function drawBrush(g, inks, {at: [x, y], radius}) {
  casedStroke(g, inks, 1, () => g.arc(x, y, radius, 0, 2 * Math.PI));
}

const boxSides = ([x0, y0, x1, y1]) => [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];

/** A box of the plane, and how much of the mixture lies in it. */
function drawBox(g, document, place, inks, box) {
  const [x0, y0] = place.toScreen([box[0], box[1]]), [x1, y1] = place.toScreen([box[2], box[3]]), sides = boxSides([x0, y0, x1, y1]);
  g.fillStyle = inks.accent;
  g.globalAlpha = 0.12;
  g.fillRect(...sides);
  g.globalAlpha = 1;
  dashed(g, () => casedStroke(g, inks, 1.2, () => g.rect(...sides)));
  label(g, inks, percent(massShown(document, box)), [sides[0] + 4, sides[1] + 4], place);
}

const lastMass = {parts: null, box: null, mass: 0};

/** The mass of the box drawn last, which many frames show. */
function massShown(document, box) {
  const {parts} = shownParts(document), {axes} = document;
  if (lastMass.parts !== parts || lastMass.box !== box) Object.assign(lastMass, {parts, box, mass: massIn(parts, axes, box)});
  return lastMass.mass;
}

/** A pin at the place asked about, and a thread to each component that answers, as thick as its share. */
function drawAsked(g, document, place, inks, asked) {
  const answers = answerersAt(document, asked, logHere, SEEN_THREAD).slice(0, MOST_THREADS), flat = flatOf(document);
  const at = place.toScreen(document.axes.length === 1 ? [asked[0], 0] : asked);
  const ends = answers.map(([i, share]) => [document.axes.length === 1 ? bumpTop(document, place, i) : place.toScreen([flat[6 * i], flat[6 * i + 1]]), share]);
  for (const [colour, more, much] of [[inks.casing, 2.4, 2.6], [inks.mark, 0.9, 2.4]]) {
    g.strokeStyle = colour;
    for (const [end, share] of ends) {
      g.lineWidth = more + much * share;
      g.beginPath();
      g.moveTo(...at);
      g.lineTo(...end);
      g.stroke();
    }
  }
  g.fillStyle = inks.mark;
  for (const [[x, y]] of ends) {
    g.beginPath();
    g.arc(x, y, 2.6, 0, 2 * Math.PI);
    g.fill();
  }
  drawPin(g, inks, at, isPicture(document) ? colourAsked(document, asked, answers) : inks.raised);
}

function drawPin(g, inks, [x, y], colour) {
  g.fillStyle = colour;
  g.strokeStyle = inks.casing;
  g.lineWidth = 5;
  g.beginPath();
  g.arc(x, y, 8, 0, 2 * Math.PI);
  g.stroke();
  g.fill();
  g.strokeStyle = inks.mark;
  g.lineWidth = 2;
  g.stroke();
  g.fillStyle = inks.mark;
  g.beginPath();
  g.arc(x, y, 1.6, 0, 2 * Math.PI);
  g.fill();
}

/** The mean colour at a place, as Ask tells it. */
function colourAsked(document, place, answers) {
  return isColoured(document) && answers.length ? hexOf(colourAnswer(shownParts(document).parts, place).mean) : '#8a8d96';
}
