// Keys of the stage: nudges, turns, acts on what is selected, tools.
import {act} from './acts.js';
import {nameOf} from './document.js';
import {moveBy, shape, stretching} from './edits.js';
import {axesOf, spreadOn} from './algebra.js';
import {pannedEye} from './place.js';

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const ACT_KEYS = {
  s: 'split', m: 'merge', d: 'copy', h: 'hide', delete: 'delete', backspace: 'delete', 1: 'pin-mean', 2: 'pin-covariance', 3: 'pin-weight',
  g: 'grow', 'shift+g': 'shrink', i: 'isolate', a: 'colour', '[': 'previous', ']': 'next', 'ctrl+a': 'everything',
};
const TOOL_KEYS = {v: 'select', l: 'lasso', n: 'new', q: 'ask', b: 'brush'};
const PANNED = 48; // pixels a key moves the view where nothing is selected
const DEGREE = Math.PI / 180;
const TAP = 250; // milliseconds

/** Listens to keys while the studio has the focus. view: {place, surface, leave(), asked()}. */
export function strokes(app, view) {
  let nudged = false, before = null, since = 0;

  function heard(event) {
    const {target} = event;
    if (event.defaultPrevented || !app.state.document || !mine(target)) return;
    delete view.surface.dataset.pressed;
    if (press(event, target === view.surface)) event.preventDefault();
  }

  /** Whether keys there are for the stage: in the studio, and in nothing that one writes in. */
  function mine(target) {
    if (target.closest?.('input:not([type="range"]):not([type="checkbox"]), select, textarea, [contenteditable], [aria-modal], [role="menu"]')) return false;
    return app.root.contains(target) || (!app.options.embedded && target === globalThis.document.body);
  }

  function press(event, onStage) {
    const command = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
    if (ARROWS[event.key]) return onStage && !command && arrow(event);
    if (event.altKey) return turning(event);
    if (key === ' ') return !command && space(event);
    if (key === 'escape') return escape(onStage);
    if (key === 'enter') return onStage && !command && view.asked();
    const name = ACT_KEYS[`${command ? 'ctrl+' : ''}${event.shiftKey && /^[a-z]$/.test(key) ? 'shift+' : ''}${key}`];
    if (name) {
      app.dispatch(act(app.state, name));
      return true;
    }
    if (command || event.shiftKey || !TOOL_KEYS[key]) return false;
    app.dispatch({type: 'tool', tool: TOOL_KEYS[key]});
    return true;
  }

  function arrow(event) {
    const [dx, dy] = ARROWS[event.key], far = event.shiftKey ? 10 : 1, {document, selection} = app.state, {place} = view;
    if (!selection.length) {
      if (event.altKey) return false;
      app.dispatch({type: 'eye', eye: pannedEye(place, [-dx * PANNED * (far > 1 ? 4 : 1), -dy * PANNED * (far > 1 ? 4 : 1)])});
      return true;
    }
    if (event.altKey) return stretch(dx, -dy, far);
    const [x0, y0] = place.toPicture([0, 0]), [x1, y1] = place.toPicture([dx * far, dy * far]);
    return edit('Nudge', moveBy(document, selection, [x1 - x0, y1 - y0].slice(0, document.axes.length)), 'nudge');
  }

  /** The long axis by left and right, the short one by up and down, a pixel of deviation each time. */
  function stretch(along, across, far) {
    const {place} = view;
    let {document} = app.state;
    for (const i of app.state.selection) {
      if (document.axes.length === 1) {
        const wide = spreadOn(document.parts, i, document.axes[0]);
        document = shape(document, i, [Math.max(0.05, 1 + ((along + across) * far * place.unit) / wide)]);
        continue;
      }
      const {long, short, turn} = axesOf(document.parts, i, document.axes), unit = far * place.unit;
      const factor = (by, wide) => (by ? Math.max(0.05, (wide + by * unit) / wide) : 1);
      document = shape(document, i, stretching(turn, factor(along, long), factor(across, short)));
    }
    return edit('Stretch', document, 'stretch');
  }

  function turning(event) {
    const by = {Comma: -1, Period: 1}[event.code] ?? {',': -1, '.': 1}[event.key];
    if (!by || !app.state.selection.length || app.state.document.axes.length === 1) return false;
    const angle = by * DEGREE * (event.shiftKey ? 15 : 1) * Math.sign(view.place.scale[1]);
    let {document} = app.state;
    for (const i of app.state.selection) document = shape(document, i, stretching(axesOf(document.parts, i, document.axes).turn, 1, 1, angle));
    return edit('Turn', document, 'turn');
  }

  function edit(what, document, merge) {
    const {selection} = app.state;
    nudged = true;
    app.dispatch({type: 'edit', label: `${what} ${selection.length === 1 ? nameOf(document, selection[0]) : `${selection.length} components`}`, document, selection, merge: `key:${merge}:${selection}`});
    return true;
  }

  /** Held, the view moves while it is held; tapped, until another tool is taken. */
  function space(event) {
    if (event.target.closest?.('button, summary, a, [role="slider"], [role="option"], input')) return false;
    if (!event.repeat) {
      before = app.state.tool;
      since = event.timeStamp;
      app.dispatch({type: 'tool', tool: before === 'pan' ? 'select' : 'pan'});
    }
    return true;
  }

  function escape(onStage) {
    if (view.leave()) return true;
    const {selection, ask, tool} = app.state;
    if (tool !== 'select') app.dispatch({type: 'tool', tool: 'select'});
    else if (onStage && selection.length) app.dispatch({type: 'select', indices: [], how: 'set'});
    else if (onStage && ask) app.dispatch({type: 'ask', ask: null});
    else return false;
    return true;
  }

  function released(event) {
    if (nudged) app.dispatch({type: 'rest'});
    nudged = false;
    if (event.key !== ' ' || before === null) return;
    if (event.timeStamp - since > TAP && app.state.tool === 'pan') app.dispatch({type: 'tool', tool: before});
    before = null;
  }

  const where = app.options?.embedded ? app.root : globalThis.document;
  app.listen(where, 'keydown', heard);
  app.listen(where, 'keyup', released);
}
