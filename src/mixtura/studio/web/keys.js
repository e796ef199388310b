// The studio's keys that are no gestures, and the sheet that tells all of them.

import { el } from './dom.js';
import { seekTo, stepFit, toggleFit } from './climb.js';
import { float } from './float.js';
import { beforeOf } from './history.js';
import { wordButton } from './icons.js';

const KEY_LISTS = [
  ['Fit', [['K', 'fit, or pause'], ['.', 'one step'], ['Home End', 'first, last step'], ['\\', 'before and after']]],
  ['See', [['0', 'all of it'], ['+ −', 'nearer, farther'], ['P', 'present'], ['?', 'these keys']]],
  ['Select', [['[ ]', 'the next by weight'], ['Ctrl A', 'all'], ['A', 'all of its colour'], ['G ⇧G', 'grow, shrink'], ['I', 'alone']]],
  ['Change', [['← ↑ → ↓', 'move; Shift ten times as far'], ['Alt ← →', 'its axes'], ['Alt , .', 'turn'], ['S M', 'split, merge'], ['D H Del', 'copy, hide, delete'], ['1 2 3', 'pin mean, covariance, weight']]],
  ['Tools', [['V L B', 'select, lasso, brush'], ['N Q', 'new, ask'], ['Space', 'move the view'], ['Esc', 'leave it as it was']]],
  ['Document', [['Ctrl Z ⇧Z', 'undo, redo'], ['Ctrl O', 'open'], ['Ctrl S', 'take away'], ['Tab', 'to the next region']]],
];

/** Listens to keys while the studio has the focus (as a page: always), and shows the sheet. */
export function keys(app) {
  const sheet = float(app, { kind: 'dialog keysheet', label: 'Keys', modal: true });
  sheet.element.append(
    el('header', {}, el('h2', {}, 'Keys'), wordButton('close', 'Close', () => sheet.close())),
    el('div', { class: 'keylists' }, KEY_LISTS.map(([name, rows]) => el('section', {}, el('h3', {}, name),
      el('dl', {}, rows.map(([key, what]) => el('div', {}, el('dt', {}, key.split(' ').map((one) => el('kbd', {}, one))), el('dd', {}, what))))))));
  app.on('help', (opener) => sheet.toggle(opener));

  const plain = {
    k: () => toggleFit(app), '.': () => stepFit(app), Home: () => seekTo(app, 0), End: () => seekTo(app, Infinity),
    '\\': () => app.dispatch({ type: 'compare', entry: app.state.compare === null ? beforeOf(app.state.history) : null }),
    0: () => app.place.whole(), '+': () => app.place.zoom(1.25), '=': () => app.place.zoom(1.25), '-': () => app.place.zoom(0.8), '−': () => app.place.zoom(0.8),
    p: () => app.dispatch({ type: 'present', on: !app.state.presenting }), '?': () => sheet.open(),
  };
  const commands = {
    z: (event) => app.dispatch({ type: event.shiftKey ? 'redo' : 'undo' }), y: () => app.dispatch({ type: 'redo' }),
    o: () => app.choose(), s: () => app.emit('take', app.regions.top.querySelector('.primary')),
  };
  const always = new Set(['p', '?', 'o']);  // what needs no document

  function heard(event) {
    if (event.defaultPrevented || event.altKey) return;
    const target = event.target, writing = target.closest?.('input:not([type="range"]):not([type="checkbox"]), select, textarea, [contenteditable]');
    if (writing || target.closest?.('[aria-modal]')) return;
    if (app.options.embedded ? !app.root.contains(target) : target !== document.body && !app.root.contains(target)) return;
    const command = event.ctrlKey || event.metaKey, key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = (command ? commands : plain)[key];
    if (!act || (!app.state.document && !always.has(key))) return;
    if (event.shiftKey && !command && !['?', '+'].includes(key)) return;
    if (['Home', 'End'].includes(key) && target.closest?.('[role="slider"], [role="listbox"], input')) return;
    event.preventDefault();
    act(event);
  }

  app.listen(app.options.embedded ? app.root : document, 'keydown', heard);
  app.listen(app.root, 'keydown', (event) => {
    if (event.key === 'Escape' && app.state.presenting && !event.defaultPrevented) app.dispatch({ type: 'present', on: false });
  });
  return { update() {} };
}
