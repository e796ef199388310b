// What there is to draw of a view, and by which density it is measured: what every way of painting shares.
//
// A view is {width, height} in pixels, the place (left, top) of its corner in the plane, {across, down}, the units of the
// plane that a pixel is wide and high (down < 0 where y points up), blur (the width of pixels that blurs them, by default
// theirs), sharpen and count, frame (what is painted; null for all) and home (the whole of what there is to see).
import { cellLists, PACK } from './cells.js';
import { seenGaussians } from './gaussians.js';

const DEEP = 45;  // nats below the densest place that no tone curve shows
const MANY_CHANGED = 0.25;  // of the components: when these changed, most cells did
const MOST_SIDE = 768;  // pixels of a field that is only measured
const GEOMETRY = ['width', 'height', 'left', 'top', 'across', 'down', 'blur'];

export const sameView = (one, other) => GEOMETRY.every((name) => one[name] === other[name]);

// The cells of a view that changed since `before`, the plan of what a target shows now, or all of them where that was
// another view. few: null where so many components changed that most cells did.
export function planned(before, from, view, { error = 1 / 1024, side = 16, few = false } = {}) {
  const seen = seenGaussians(from, view), { width, height } = view;
  const depth = from.colour ? Infinity : DEEP + Math.log(Math.max(1, seen.count));
  const same = before && before.error === error && before.seen.colour === seen.colour && sameView(before.view, view);
  const changed = same ? changedComponents(before.seen, seen) : null;
  if (few && (!changed || changed.reduce((sum, one) => sum + one, 0) > MANY_CHANGED * changed.length)) return null;
  const lists = cellLists(seen, width, height, { error, depth, side });
  const which = changed ? dirtyCells(before.lists, lists, changed) : Array.from(lists.many.keys());
  let work = 0;
  for (const cell of which) work += Math.ceil(lists.many[cell] / PACK);
  return { seen, lists, view, error, which, work, whole: which.length === lists.many.length };
}

// Which components of `now` differ from those of `before`; null where they are others.
function changedComponents(before, now) {
  if (before.count !== now.count) return null;
  const changed = new Uint8Array(now.count), names = ['id', 'x', 'y', 's', 'a', 'b', 'c'];
  for (let k = 0; k < now.count; k++) {
    changed[k] = names.some((name) => before[name][k] !== now[name][k]) ? 1 : 0;
    for (let j = 0; now.colour && j < 6; j++) {
      if (before.gain[6 * k + j] !== now.gain[6 * k + j] || (j < 3 && before.mean[3 * k + j] !== now.mean[3 * k + j])) changed[k] = 1;
    }
  }
  return changed;
}

// Cells whose list is another, or has a component that changed.
function dirtyCells(before, now, changed) {
  const dirty = [];
  for (let cell = 0; cell < now.many.length; cell++) {
    const many = now.many[cell], p = before.start[cell], q = now.start[cell];
    let clean = many === before.many[cell];
    for (let i = 0; clean && i < many; i++) clean = now.entries[q + i] === before.entries[p + i] && !changed[now.entries[q + i]];
    if (!clean) dirty.push(cell);
  }
  return dirty;
}

// A box of the plane in the pixels of a view.
export function boxIn({ left, top, across, down }, box) {
  const x = [(box[0] - left) / across, (box[2] - left) / across], y = [(box[1] - top) / down, (box[3] - top) / down];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

// The pixels [left, top, right, bottom) of a view whose middles lie at home, where all of it is on the screen; else null.
export function homeIn(view) {
  const [left, top, right, bottom] = boxIn(view, view.home), { width, height } = view;
  if (left < -1 || top < -1 || right > width + 1 || bottom > height + 1) return null;
  return [Math.max(0, Math.ceil(left - 0.5)), Math.max(0, Math.ceil(top - 0.5)),
    Math.min(width, Math.floor(right + 0.5)), Math.min(height, Math.floor(bottom + 0.5))];
}

// All of home, seen as finely as the view sees it and in pixels of a unit at least.
export function wholeView(view) {
  const [left, top, right, bottom] = view.home, blur = view.blur ?? Math.max(1, Math.abs(view.across));
  const unit = Math.max(view.frame ? blur : 0, (right - left) / MOST_SIDE, (bottom - top) / MOST_SIDE);
  const width = Math.max(1, Math.round((right - left) / unit)), height = Math.max(1, Math.round((bottom - top) / unit));
  return { ...view, width, height, left, top, across: (right - left) / width, down: (bottom - top) / height, blur };
}

// The same view in fewer pixels.
export function coarser(view, quality) {
  const width = Math.max(1, Math.round(view.width * quality)), height = Math.max(1, Math.round(view.height * quality));
  const blur = view.blur ?? Math.max(1, Math.abs(view.across));  // as the screen sees it
  return { ...view, width, height, blur, across: (view.across * view.width) / width, down: (view.down * view.height) / height };
}

// The width of contour lines, in pixels: a thousandth of the picture's side, and one at least.
export function lineWidth(view) {
  const [left, top, right, bottom] = view.frame ? boxIn(view, view.frame) : [0, 0, view.width, view.height];
  return Math.max(1, Math.sqrt(Math.min(view.width * view.height, (right - left) * (bottom - top))) / 1000);
}

// The frame of all ellipses of 3 standard deviations.
export function homeOf({ count, x, y, xx, xy, rest }) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let k = 0; k < count; k++) {
    const wide = 3 * Math.sqrt(xx[k]), high = 3 * Math.sqrt(rest[k] + xy[k] ** 2 / xx[k]);
    box[0] = Math.min(box[0], x[k] - wide); box[2] = Math.max(box[2], x[k] + wide);
    box[1] = Math.min(box[1], y[k] - high); box[3] = Math.max(box[3], y[k] + high);
  }
  return count ? box : [0, 0, 1, 1];
}
