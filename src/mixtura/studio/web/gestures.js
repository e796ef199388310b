// From pointers to edits: which of all things is meant by a press, a drag, a click, a pinch, the wheel.
import {askDrag, brushDrag, handleDrag, howOf, lassoDrag, newDrag, panDrag, pinchDrag} from './drags.js';
import {distanceTo, flatOf} from './flat.js';
import {hitHandle, likeliestAt, rankedAt, reachOf} from './hits.js';
import {zoomedEye} from './place.js';

const SLOP = 4, TOUCH_SLOP = 9; // pixels that a click may wander
const SAME_SPOT = 6, DOUBLE = 280; // pixels and milliseconds between two clicks that are one double click
const HELD_SIGMAS = 1.6 ** 2; // within which what is selected is taken hold of
const CURSORS = {mean: 'move', long: 'grab', short: 'grab', turn: 'alias', weight: 'grab', corner: 'nwse-resize', side: 'grab', spin: 'alias', ask: 'move'};
const TOOL_CURSORS = {lasso: 'crosshair', new: 'crosshair', ask: 'crosshair', pan: 'grab', brush: 'none'};

/**
 * Listens on `surface`, an element as large as the stage. view: {place (a getter), placeAt(eye), held (the handles now),
 * blind (whether only the original is seen), later()}. What comes back tells what is going on: {doing, drag, pointer}.
 */
export function gestures(app, surface, view) {
  const fingers = new Map();
  let drag = null, press = null, last = null, pointer = null, brush = null;
  app.on('state', (now, was) => { if (now.document?.source !== was.document?.source) drag = press = null; });  // what was held is gone

  const at = (event) => {
    const box = surface.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function down(event) {
    if (!app.state.document || (event.button > 1 && event.pointerType === 'mouse')) return;
    surface.dataset.pressed = ''; // no ring for those who point
    surface.focus({preventScroll: true});
    surface.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, at(event));
    if (event.pointerType === 'touch' && fingers.size === 2) {
      leave();
      drag = pinchDrag(app, view.place, [...fingers.values()]);
    } else if (fingers.size === 1) press = {at: at(event), event, meant: meantBy(at(event), event)};
    event.preventDefault();
  }

  /** What a press is for: the start of a drag, or null where only a click makes sense. */
  function meantBy(spot, event) {
    const {place} = view, {tool, document} = app.state, reach = reachOf(event.pointerType);
    if (event.button === 1 || tool === 'pan' || view.blind) return () => panDrag(app, place, spot);
    const pin = pinOf(place);
    if (pin && hitHandle([pin], spot, reach)) return () => askDrag(app, place, spot, true);
    const held = view.held, handle = held && tool === 'select' ? hitHandle(held.handles, spot, reach) : null;
    if (handle) {
      const start = () => handleDrag(app, place, handle, held, spot);
      return Object.assign(start, {atOnce: true});
    }
    if (tool === 'ask') return () => askDrag(app, place, spot);
    if (tool === 'new') return () => newDrag(app, place, spot);
    if (tool === 'lasso') return () => lassoDrag(app, place, spot);
    if (tool === 'brush' && document.parts) return () => brushDrag(app, place, spot, event);
    if (held && insideHeld(place, spot)) return () => handleDrag(app, place, {kind: 'mean', at: spot}, held, spot);
    return () => panDrag(app, place, spot);
  }

  function insideHeld(place, spot) {
    const {document, selection} = app.state, flat = flatOf(document), here = place.toPicture(spot);
    return selection.some((i) => distanceTo(flat, i, here) <= HELD_SIGMAS);
  }

  const pinOf = (place) => (app.state.ask?.place && app.state.document.parts ? {kind: 'ask', at: place.toScreen([app.state.ask.place[0], app.state.ask.place[1] ?? 0])} : null);

  function move(event) {
    if (!app.state.document) return;
    const spot = at(event);
    pointer = event.pointerType === 'touch' && !fingers.size ? null : spot;
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, spot);
    if (drag?.both) {
      if (fingers.size > 1) drag.both([...fingers.values()].slice(0, 2), view.placeAt);
    } else if (drag) drag.move(spot, event);
    else if (press && Math.hypot(spot[0] - press.at[0], spot[1] - press.at[1]) >= (press.meant.atOnce ? 1 : event.pointerType === 'touch' ? TOUCH_SLOP : SLOP)) {
      drag = press.meant();
      hover(-1);
      drag.move(spot, event);
    } else if (!press) over(spot, event);
    brush = app.state.tool === 'brush' && !drag ? spot : null;
    view.later();
  }

  function over(spot, event) {
    const {place} = view, {tool, document} = app.state, reach = reachOf(event.pointerType);
    const handle = tool === 'select' && view.held ? hitHandle(view.held.handles, spot, reach) : null;
    const pin = pinOf(place), found = pin && hitHandle([pin], spot, reach) ? pin : handle;
    const index = tool === 'select' && !found && !view.blind ? likeliestAt(document, place.toPicture(spot)) : -1;
    surface.style.cursor = found ? CURSORS[found.kind] : TOOL_CURSORS[tool] ?? (view.held && insideHeld(place, spot) ? 'move' : index >= 0 ? 'pointer' : 'default');
    hover(event.pointerType === 'touch' ? -1 : index);
  }

  const hover = (index) => app.dispatch({type: 'hover', index});

  function up(event) {
    if (!fingers.delete(event.pointerId)) return;
    if (drag?.both) {
      if (!fingers.size) drag = null;
    } else if (drag) {
      const done = drag;
      drag = null;
      done.up(event);
    } else if (press) click(press, event);
    press = null;
    view.later();
  }

  function click({at: spot, event: first}, event) {
    const {tool} = app.state, {place} = view;
    if (event.button === 1) return;
    const again = last && Math.hypot(spot[0] - last.at[0], spot[1] - last.at[1]) <= SAME_SPOT;
    if (again && event.timeStamp - last.time < DOUBLE && (tool === 'select' || tool === 'pan')) {
      last = null;
      zoom(event.shiftKey || event.altKey ? 0.5 : 2, spot);
    } else if (tool === 'ask' || tool === 'new' || tool === 'brush') {
      const made = (tool === 'ask' ? askDrag(app, place, spot) : tool === 'new' ? newDrag(app, place, spot) : app.state.document.parts && brushDrag(app, place, spot, first));
      if (made) made.up(event);
      last = {at: spot, time: event.timeStamp};
    } else if (tool !== 'pan' && !view.blind) choose(spot, event, again);
    else last = {at: spot, time: event.timeStamp};
  }

  /** The likeliest component there; another click, the next likeliest. */
  function choose(spot, event, again) {
    const {document, selection} = app.state, how = howOf(event), ranked = rankedAt(document, view.place.toPicture(spot));
    if (how !== 'set') {
      const one = ranked.find((i) => selection.includes(i) === (how === 'remove' || how === 'and'));
      if (one !== undefined || how === 'and') app.dispatch({type: 'select', indices: one === undefined ? [] : [one], how});
      last = {at: spot, time: event.timeStamp};
      return;
    }
    const rank = again && selection.length === 1 ? ranked.indexOf(selection[0]) : -1, next = ranked[(rank + 1) % ranked.length];
    last = {at: spot, time: event.timeStamp};
    app.dispatch({type: 'select', indices: next === undefined ? [] : [next], how: 'set'});
  }

  function zoom(factor, spot) {
    app.dispatch({type: 'eye', eye: zoomedEye(view.place, factor, spot)});
  }

  function wheel(event) {
    if (!app.state.document) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1, speed = event.ctrlKey ? 0.01 : 0.0016;
    zoom(Math.exp(-Math.max(-400, Math.min(400, event.deltaY * lines)) * speed), at(event));
  }

  /** The drag that goes on, undone. Whether there was one. */
  function leave() {
    const was = drag ?? press;
    if (drag) drag.cancel();
    drag = press = null;
    view.later();
    return Boolean(was);
  }

  function gone() {
    pointer = brush = null;
    if (!drag) hover(-1);
    view.later();
  }

  const listeners = {pointerdown: down, pointermove: move, pointerup: up, pointercancel: (event) => { fingers.delete(event.pointerId); leave(); }, pointerleave: gone, wheel};
  for (const [kind, listener] of Object.entries(listeners)) surface.addEventListener(kind, listener, {passive: false});
  surface.addEventListener('contextmenu', (event) => event.preventDefault());

  return {
    get doing() { return drag?.doing ?? (brush ? {brush: {at: brush, radius: 24}} : null); },
    get busy() { return drag?.kind ?? null; },
    get pointer() { return pointer; },
    leave,
  };
}
