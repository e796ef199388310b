// What each way of dragging does, from press to release: {move, up, cancel}, and `doing`, what the overlay shows of it.
import {add, transform, weigh} from './edits.js';
import {nameOf} from './document.js';
import {flatOf} from './flat.js';
import {shownOf} from './document.js';
import {lassoed} from './hits.js';
import {mapped, pulled, weighed} from './handles.js';
import {pannedEye, planeMap, zoomedEye} from './place.js';
import {lowerOf} from './matrices.js';
import {startFit, toggleFit} from './climb.js';

const BRUSH = 24; // pixels of radius
const DRAWN_SIGMAS = 1.6, LEAST_DRAWN = 24;

let drags = 0;

/** How a selection changes, by the keys that are held. */
export function howOf({shiftKey, altKey, ctrlKey, metaKey}) {
  if (shiftKey && altKey) return 'and';
  return shiftKey || ctrlKey || metaKey ? 'add' : altKey ? 'remove' : 'set';
}

const LABELS = {mean: 'Move', long: 'Stretch', short: 'Stretch', turn: 'Turn', weight: 'Weigh', corner: 'Stretch', side: 'Stretch', spin: 'Turn'};

/** A handle of what is selected. A fit waits meanwhile; released with Alt, it goes on from what was made. */
export function handleDrag(app, place, handle, held, start) {
  const {document, selection, job} = app.state, merge = `drag:${++drags}`, ran = job?.kind === 'fit' && job.state === 'running';
  const label = `${LABELS[handle.kind]} ${selection.length === 1 ? nameOf(document, selection[0]) : `${selection.length} components`}`;
  let changed = false, now = held;
  if (ran) toggleFit(app);
  return {
    kind: handle.kind,
    doing: {},
    move(at, event) {
      const made = pulled(handle, now, start, at, event.shiftKey);
      let next;
      if (made.weight !== undefined) {
        now = {...held, angle: 2 * Math.PI * Math.sqrt(made.weight)};
        if (held.ring) this.doing = {held: weighed(held, made.weight)};
        next = weigh(document, selection[0], made.weight);
      } else {
        const {A, from, to} = planeMap(place, made, document.axes.length);
        next = transform(document, selection, A, from, to);
        if (held.corners) this.doing = {held: mapped(held, made)};
      }
      if (next === document && !changed) return;
      changed = true;
      app.dispatch({type: 'edit', label, document: next, selection, merge});
    },
    up(event) {
      app.dispatch({type: 'rest'});
      if (changed ? event.altKey : ran) changed ? startFit(app) : toggleFit(app);
    },
    cancel() {
      if (changed) app.dispatch({type: 'revert'});
    },
  };
}

/** The plane under the hand. */
export function panDrag(app, place, start) {
  const {eye} = app.state;
  return {
    kind: 'pan', doing: {},
    move([x, y]) { app.dispatch({type: 'eye', eye: pannedEye(place, [x - start[0], y - start[1]])}); },
    up() {},
    cancel() { app.dispatch({type: 'eye', eye}); },
  };
}

/** Two fingers: what was under each stays under it. */
export function pinchDrag(app, place, [a, b]) {
  const middle = ([p, q]) => [(p[0] + q[0]) / 2, (p[1] + q[1]) / 2], apart = ([p, q]) => Math.max(10, Math.hypot(p[0] - q[0], p[1] - q[1]));
  const from = middle([a, b]);
  return {
    kind: 'pinch', doing: {},
    both(fingers, placeAt) {
      const near = placeAt(zoomedEye(place, apart(fingers) / apart([a, b]), from)), to = middle(fingers);
      app.dispatch({type: 'eye', eye: pannedEye(near, [to[0] - from[0], to[1] - from[1]])});
    },
    move() {}, up() {}, cancel() {},
  };
}

/** A line around the means to be chosen. */
export function lassoDrag(app, place, start) {
  const lasso = [start];
  return {
    kind: 'lasso', doing: {lasso},
    move(at) { if (Math.hypot(at[0] - lasso.at(-1)[0], at[1] - lasso.at(-1)[1]) >= 2) lasso.push(at); },
    up(event) { app.dispatch({type: 'select', indices: lassoed(app.state.document, place, lasso), how: howOf(event)}); },
    cancel() {},
  };
}

/** How far a place is from the way between two others. */
function apartFrom([x, y], [x0, y0], [x1, y1]) {
  const dx = x1 - x0, dy = y1 - y0, t = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy);
}

/** A brush over the means to be chosen, or with Alt left out. */
export function brushDrag(app, place, start, event) {
  const {document} = app.state, flat = flatOf(document), merge = `brush:${++drags}`, how = howOf(event) === 'remove' ? 'remove' : 'add';
  const means = shownOf(document).map((i) => [i, place.toScreen([flat[6 * i], flat[6 * i + 1]])]);
  const paint = (from, to) => {
    const indices = means.filter(([, at]) => apartFrom(at, from, to) <= BRUSH).map(([i]) => i);
    if (indices.length) app.dispatch({type: 'select', indices, how, merge});
  };
  if (howOf(event) === 'set') app.dispatch({type: 'select', indices: [], how: 'set', merge});
  const drag = {
    kind: 'brush', doing: {brush: {at: start, radius: BRUSH}},
    move(at) {
      paint(drag.doing.brush.at, at);  // all of the way: a quick hand is told of in steps
      drag.doing = {brush: {at, radius: BRUSH}};
    },
    up() { app.dispatch({type: 'rest'}); },
    cancel() { app.dispatch({type: 'revert'}); },
  };
  paint(start, start);
  return drag;
}

/** A new component, drawn as an ellipse in a box; Shift a circle, Alt from its middle. A click makes a small one. */
export function newDrag(app, place, start) {
  const flatland = app.state.document.axes.length === 1;
  const ellipseFor = (at, event) => {
    let w = at[0] - start[0], h = at[1] - start[1];
    if (event.shiftKey) [w, h] = [Math.sign(w || 1) * Math.max(Math.abs(w), Math.abs(h)), Math.sign(h || 1) * Math.max(Math.abs(w), Math.abs(h))];
    if (Math.hypot(w, h) < 6) return {x: start[0], y: start[1], long: LEAST_DRAWN / DRAWN_SIGMAS, short: LEAST_DRAWN / DRAWN_SIGMAS, turn: 0};
    const half = event.altKey ? 1 : 0.5, centre = event.altKey ? start : [start[0] + w / 2, start[1] + h / 2];
    return {x: centre[0], y: centre[1], long: Math.max(2, half * Math.abs(w)) / DRAWN_SIGMAS, short: Math.max(2, half * Math.abs(h)) / DRAWN_SIGMAS, turn: 0};
  };
  const drag = {
    kind: 'new', doing: {ellipse: ellipseFor(start, {})},
    move(at, event) { drag.doing = {ellipse: ellipseFor(at, event)}; },
    up() {
      const {x, y, long, short} = drag.doing.ellipse, {document} = app.state, [ux, uy] = place.units;
      const mean = place.toPicture([x, y]), factor = flatland ? [long * ux] : [...lowerOf([long * ux, 0, 0, short * uy], 2, 2)];
      const next = add(document, flatland ? [mean[0]] : mean, factor);
      if (next === document) return;
      app.dispatch({type: 'edit', label: 'New component', document: next, selection: [next.parts.k - 1]});
      app.dispatch({type: 'tool', tool: 'select'});
    },
    cancel() {},
  };
  return drag;
}

/** A place asked about, or a box drawn out. */
export function askDrag(app, place, start, moving = false) {
  const before = app.state.ask, inside = (p) => place.toPicture(p);
  if (!moving) app.dispatch({type: 'ask', ask: {place: inside(start)}});
  return {
    kind: 'ask', doing: {},
    move(at) {
      if (moving) app.dispatch({type: 'ask', ask: {place: inside(at)}});
      else {
        const [x0, y0] = inside(start), [x1, y1] = inside(at);
        app.dispatch({type: 'ask', ask: {box: [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)]}});
      }
    },
    up() {},
    cancel() { app.dispatch({type: 'ask', ask: before}); },
  };
}
