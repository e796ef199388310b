// Where the plane stands on the stage: from coordinates to CSS pixels and back. In pictures y goes down, in tables up.
import {isPicture} from './document.js';

const ALIKE_RANGES = 4; // two columns whose ranges differ by less have one scale
const DEEPEST = 4000, WIDEST_VIEW = 4; // of the zoom, against the whole
const NARROW = 520; // pixels of a stage on which margins are small

/** Pixels left free around the sheet: [left, top, right, bottom]. */
function marginsOf(document, width, height, aside) {
  const small = isNarrow(width, height);
  if (isPicture(document)) return !small ? [60, 34, 60, 34] : aside ? [60, 8, 10, 8] : [10, 8, 10, 56];
  return !small ? [88, 22, 24, 64] : aside ? [88, 10, 10, 64] : [36, 10, 10, 76];
}

const EDGE = 14; // pixels within the stage that handles stay
const TOOLS = {left: 56, bottom: 50, below: 58}; // what tools take of it: at the left, and below

/** The part of the stage that no tools stand over, [left, top, right, bottom]: where handles can be taken hold of. */
function freeOf(width, height, aside) {
  return [aside ? TOOLS.left : EDGE, EDGE, width - EDGE, height - (aside ? TOOLS.bottom : TOOLS.below)];
}

const isNarrow = (width, height) => width < NARROW || height < NARROW / 2;

/**
 * The place of a document on a stage of so many pixels. eye: {x, y, unit}, what is seen in the middle of the sheet and
 * how much of the first coordinate a pixel is; null for all of it. aside: whether the tools stand at its left, or below.
 *
 * sheet: [x, y, width, height] in pixels, of the whole picture or of the plot; shown: the part of it on the stage;
 * free: the part of the stage that no tools stand over; units: [across, up], of the plane a pixel; toScreen, toPicture: pairs of numbers.
 */
export function placeOf(document, eye, width, height, aside = !isNarrow(width, height)) {
  const [left, top, right, bottom] = marginsOf(document, width, height, aside), picture = isPicture(document);
  const wide = Math.max(1, width - left - right), high = Math.max(1, height - top - bottom);
  const [x0, x1, y0, y1] = windowOf(document), across = x1 - x0, up = y1 - y0;
  const stretch = picture || (up / across < ALIKE_RANGES && across / up < ALIKE_RANGES && document.axes.length > 1)
    ? 1 : (up / high) / (across / wide); // of a pixel up, against one across
  const wholeUnit = Math.max(across / wide, up / high / stretch), whole = {x: (x0 + x1) / 2, y: (y0 + y1) / 2, unit: wholeUnit};
  const flat = document.axes.length === 1, seen = eye ? {...eye, y: flat ? whole.y : eye.y} : whole;
  const ux = seen.unit, uy = flat ? wholeUnit * stretch : ux * stretch;
  const middle = [left + wide / 2, top + high / 2], sx = 1 / ux, sy = (picture ? 1 : -1) / uy;
  const ox = middle[0] - seen.x * sx, oy = middle[1] - seen.y * sy;
  const sheet = picture ? [ox + x0 * sx, oy + y0 * sy, across * sx, up * sy] : [left, top, wide, high];
  if (picture && !eye) [sheet[0], sheet[1]] = [Math.round(sheet[0]), Math.round(sheet[1])];
  const dx = picture && !eye ? sheet[0] - ox - x0 * sx : 0, dy = picture && !eye ? sheet[1] - oy - y0 * sy : 0;
  const px = ox + dx, py = oy + dy;
  return {
    width, height, sheet, shown: crossing(sheet, [0, 0, width, height]), free: freeOf(width, height, aside), scale: [sx, sy], origin: [px, py], unit: ux, units: [ux, uy],
    eye: seen, isWhole: !eye, wholeUnit, window: [x0, x1, y0, y1], middle,
    toScreen: ([x, y]) => [px + x * sx, py + y * sy],
    toPicture: ([x, y]) => [(x - px) / sx, (y - py) / sy],
  };
}

/** The range of both axes: [left, right, low, high]. On one axis, up is density, of which 1 is the most there is. */
function windowOf({range, axes}) {
  const [a, b] = axes;
  return [range[2 * a], range[2 * a + 1], ...(b === undefined ? [0, 1.08] : [range[2 * b], range[2 * b + 1]])];
}

function crossing([x, y, width, height], [left, top, wide, high]) {
  const x0 = Math.max(x, left), y0 = Math.max(y, top);
  const x1 = Math.min(x + width, left + wide), y1 = Math.min(y + height, top + high);
  return [x0, y0, Math.max(0, x1 - x0), Math.max(0, y1 - y0)];
}

/** The eye after coming nearer by a factor, with what is at a pixel staying there. Null where that is the whole again. */
export function zoomedEye(place, factor, at = place.middle) {
  const unit = Math.min(Math.max(place.unit / factor, place.wholeUnit / DEEPEST), place.wholeUnit * WIDEST_VIEW);
  const [x, y] = place.toPicture(at), scale = unit / place.unit, [mx, my] = place.toPicture(place.middle);
  return boundedEye(place, {x: x + (mx - x) * scale, y: y + (my - y) * scale, unit});
}

/** The eye after the plane was moved by so many pixels. */
export function pannedEye(place, [dx, dy]) {
  const [x, y] = place.toPicture([place.middle[0] - dx, place.middle[1] - dy]);
  return boundedEye(place, {x, y, unit: place.unit});
}

/** No further away than the edge of what there is. */
function boundedEye({window: [x0, x1, y0, y1]}, eye) {
  return {...eye, x: Math.min(Math.max(eye.x, x0), x1), y: Math.min(Math.max(eye.y, y0), y1)};
}

/** The map of the plane (x -> to + A (x - from)) that looks on the screen like the one given there in pixels. */
export function planeMap({scale: [sx, sy], toPicture}, {A, from, to}, axes = 2) {
  if (axes === 1) return {A: [A[0]], from: [toPicture(from)[0]], to: [toPicture(to)[0]]};
  return {A: [A[0], (A[1] * sy) / sx, (A[2] * sx) / sy, A[3]], from: toPicture(from), to: toPicture(to)};
}
