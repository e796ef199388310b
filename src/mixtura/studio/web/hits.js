// What is under the pointer. All of it in pixels of the screen, so that it feels the same at any zoom.
import {shownOf} from './document.js';
import {distanceTo, flatOf, logHere} from './flat.js';

const FARTHEST = 3.5 ** 2; // squared standard deviations at which a component can still be clicked
const REACH_OF = {mouse: 13, pen: 15, touch: 22};

/** How far from a handle one may press it, by the kind of pointer. */
export function reachOf(pointerType) {
  return REACH_OF[pointerType] ?? REACH_OF.mouse;
}

/** The nearest of some handles {at: [x, y]} within reach of a pixel; null if there is none. Later ones lie above. */
export function hitHandle(handles, [x, y], reach) {
  let found = null, best = reach;
  for (const handle of handles) {
    const far = Math.hypot(handle.at[0] - x, handle.at[1] - y) - (handle.above ?? 0);
    if (far <= best) [found, best] = [handle, far];
  }
  return found;
}

/** The components shown that are near a place of the plane, likeliest first. */
export function rankedAt(document, place) {
  if (!document.parts) return [];
  const flat = flatOf(document), near = shownOf(document).filter((i) => distanceTo(flat, i, place) <= FARTHEST);
  return near.map((i) => [logHere(flat, i, place), i]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).map(([, i]) => i);
}

/** The likeliest component at a place, for hovering: -1 where none is near. */
export function likeliestAt(document, place) {
  if (!document.parts) return -1;
  const flat = flatOf(document);
  let best = -1, most = -Infinity;
  for (const i of shownOf(document)) {
    const log = logHere(flat, i, place);
    if (log > most) [best, most] = [i, log];
  }
  return best >= 0 && distanceTo(flat, best, place) <= FARTHEST ? best : -1;
}

/** Whether a pixel lies inside a closed line of pixels, by the number of times that it winds around it. */
export function isInside(polygon, [x, y]) {
  let winding = 0;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [ax, ay] = polygon[j], [bx, by] = polygon[i], side = (bx - ax) * (y - ay) - (x - ax) * (by - ay);
    if (ay <= y && by > y && side > 0) winding++;
    else if (ay > y && by <= y && side < 0) winding--;
  }
  return winding !== 0;
}

/** The components shown whose means a lasso holds, the heaviest last. */
export function lassoed(document, place, polygon) {
  const flat = document.parts ? flatOf(document) : null;
  return shownOf(document).filter((i) => isInside(polygon, place.toScreen([flat[6 * i], flat[6 * i + 1]]))).reverse();
}
