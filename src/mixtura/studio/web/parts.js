// Components: the weight strip, the numbers of what is selected, pins and actions.

import { act, canAct } from './acts.js';
import { axesOf, spreadOn } from './algebra.js';
import { PIN_COVARIANCE, PIN_MEAN, PIN_WEIGHT, colourOf, isColoured, isPicture, nameOf } from './document.js';
import { attribute, dragged, el, fill, say, svg } from './dom.js';
import { recolour, rename, setMean, setSpread, setTurn, weighAll } from './edits.js';
import { counted, decimal, decimalsOf, percent, significant, several, typed } from './format.js';
import { icon } from './icons.js';
import { weightStrip } from './strip.js';

const ACTIONS = [['split', 'Split', 'S'], ['merge', 'Merge', 'M'], ['copy', 'Copy', 'D'], ['hide', 'Hide', 'H'], ['delete', 'Delete', 'Del']];
const NUMBER_BOXES = [['x', 'mean'], ['y', 'mean'], ['long', 'spread'], ['short', 'spread'], ['turn', 'turn'], ['weight', 'weight'], ['n', 'weight']];

/**
 * A number to type, to drag by its label, to step by arrows. set(value, by hand) is told of each; while a hand holds it,
 * it keeps its own text.
 */
function numberBox(label, name, { set, rest, wide = 1 }) {
  const input = el('input', { inputmode: 'decimal', autocomplete: 'off', spellcheck: 'false', 'aria-label': name });
  const handle = el('span', { title: `Drag: ${name}`, 'aria-hidden': 'true' }, label), element = el('label', { class: 'number' }, handle, input);
  let value = NaN, step = 1, text = '';
  const back = () => { input.value = text; };
  const commit = () => {
    const next = typed(input.value);
    if (input.value === text) return;
    if (Number.isFinite(next)) { value = next * wide; set(value); rest(); }
    back();
  };
  input.addEventListener('blur', commit);
  input.addEventListener('focus', () => input.select());
  input.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key === 'Enter') { commit(); input.select(); }
    if (event.key === 'Escape') { back(); input.blur(); }
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!way || !Number.isFinite(value) || input.readOnly) return;
    event.preventDefault();
    value += way * step * (event.shiftKey ? 10 : event.altKey ? 0.1 : 1);
    set(value);
    rest();
  });
  handle.addEventListener('pointerdown', (event) => {
    if (event.button > 0 || !Number.isFinite(value) || input.readOnly) return;
    event.preventDefault();
    const from = value, x = event.clientX;
    let moved = false;
    dragged(handle, event, (now) => { moved = moved || Math.abs(now.clientX - x) > 2; if (moved) set(from + (now.clientX - x) * step * (now.shiftKey ? 10 : now.altKey ? 0.1 : 1)); },
      (last, kept) => { if (moved && !kept) set(from); if (moved) rest(); else input.focus(); });
  });
  return { element, input,
    /** Show a number as a text, but not over what is being typed, unless it is an `other` component's; `by` is what an arrow adds; null is 'mixed'. */
    show(now, as, by, { fixed = false, other = false } = {}) {
      const typing = !other && input.getRootNode().activeElement === input && input.value !== text;
      value = now ?? NaN; step = by; text = as;
      input.readOnly = fixed;
      input.classList.toggle('mixed', now === null);
      handle.classList.toggle('still', fixed);
      if (!typing && input.value !== as) input.value = as;
    } };
}

/** The panel: app -> view. */
export function partsPanel(app) {
  const strip = weightStrip(app), howMany = el('h2'), heaviest = el('span', { class: 'faint num' });
  const primary = () => app.state.selection[app.state.selection.length - 1];
  const rest = () => app.dispatch({ type: 'rest' });
  const edit = (label, change, merge) => {
    const { document: doc, selection } = app.state, next = change(doc, selection);
    if (next !== doc) app.dispatch({ type: 'edit', label, document: next, merge });
  };
  const each = (change) => (doc, selection) => selection.reduce((now, i) => change(now, i), doc);

  const swatch = el('input', { type: 'color', class: 'swatch', 'aria-label': 'Colour' });
  swatch.addEventListener('input', () => edit('colour', (doc, selection) => recolour(doc, selection, swatch.value), 'recolour'));
  swatch.addEventListener('change', rest);
  const name = el('input', { 'aria-label': 'Name', maxlength: 80, spellcheck: 'false', class: 'name-input' });
  const named = () => { if (app.state.selection.length === 1) { edit('name', (doc) => rename(doc, primary(), name.value)); rest(); } };
  name.addEventListener('change', named);
  name.addEventListener('keydown', (event) => { event.stopPropagation(); if (event.key === 'Enter' || event.key === 'Escape') { if (event.key === 'Escape') name.value = app.state.document.names[primary()] ?? ''; name.blur(); } });
  const walk = (to, words, key) => el('button', { type: 'button', 'aria-label': words, title: `${words} (${key})`, onclick: () => app.dispatch(act(app.state, to)) }, icon(to));

  const setters = {
    x: (value) => edit('mean', each((doc, i) => setMean(doc, i, doc.axes[0], value)), 'number-x'),
    y: (value) => edit('mean', each((doc, i) => setMean(doc, i, doc.axes[1], value)), 'number-y'),
    long: (value) => edit('spread', each((doc, i) => setSpread(doc, i, 'long', value)), 'number-long'),
    short: (value) => edit('spread', each((doc, i) => setSpread(doc, i, 'short', value)), 'number-short'),
    turn: (value) => edit('turn', each((doc, i) => setTurn(doc, i, (isPicture(doc) ? -value : value) * Math.PI / 180)), 'number-turn'),
    weight: (value) => edit('weight', (doc, selection) => weighAll(doc, selection, value), 'number-weight'),
    n: (value) => edit('weight', (doc, selection) => weighAll(doc, selection, value / (doc.source.n || 1)), 'number-weight'),
  };
  const words = { x: ['x', 'Mean, x'], y: ['y', 'Mean, y'], long: ['σ₁', 'Spread along the long axis'], short: ['σ₂', 'Spread along the short axis'], turn: ['∠', 'Turn, degrees'], weight: ['w', 'Weight, percent', 0.01], n: ['n', 'Points'] };
  const boxes = Object.fromEntries(NUMBER_BOXES.map(([key]) => [key, numberBox(words[key][0], words[key][1], { set: setters[key], rest, wide: words[key][2] ?? 1 })]));
  const hex = el('input', { 'aria-label': 'Colour, six hexadecimal digits', spellcheck: 'false', maxlength: 7 });
  const hexDot = el('i', { class: 'swatch small' }), hexBox = el('label', { class: 'number' }, hexDot, hex);
  const recoloured = () => { const code = hex.value.trim().replace(/^#?/, '#'); edit('colour', (doc, selection) => recolour(doc, selection, code)); rest(); hex.dataset.shown = ''; };
  hex.addEventListener('change', recoloured);
  hex.addEventListener('keydown', (event) => { event.stopPropagation(); if (event.key === 'Enter') hex.blur(); });

  const pins = [['pin-mean', PIN_MEAN, 'mean', '1'], ['pin-covariance', PIN_COVARIANCE, 'covariance', '2'], ['pin-weight', PIN_WEIGHT, 'weight', '3']].map(([what, bit, word, key]) => {
    const button = el('button', { type: 'button', class: 'pin', 'aria-label': `Pin the ${word}`, title: `Pin: a fit leaves the ${word} as it is (${key})`, onclick: () => app.dispatch(act(app.state, what)) }, icon('unlock'));
    return { bit, button, shown: false };
  });
  const row = (label, ...cells) => [el('span', { class: 'label' }, label), ...cells];
  const spreadRow = row('Spread', boxes.long.element, boxes.short.element, pins[1].button), turnRow = row('Turn', boxes.turn.element, el('span', { class: 'cell' }, hexBox), el('span'));
  const numbers = el('div', { class: 'pairs num' }, row('Mean', boxes.x.element, boxes.y.element, pins[0].button), spreadRow, turnRow, row('Weight', boxes.weight.element, boxes.n.element, pins[2].button));
  const actions = el('div', { class: 'actions', role: 'group', 'aria-label': 'Actions' }, ACTIONS.map(([what, word, key]) =>
    el('button', { type: 'button', title: `${word} (${key})`, dataset: { act: what }, onclick: () => { app.dispatch(act(app.state, what)); rest(); } }, icon(what), el('span', {}, word))));
  const title = el('div', { class: 'name' }, swatch, name);
  const one = el('section', { class: 'card one' }, el('header', {}, title, el('div', { class: 'links' }, walk('previous', 'Previous component', '['), walk('next', 'Next component', ']'))), numbers, actions);
  const teach = el('section', { class: 'card teach' });
  const stripCard = el('section', { class: 'card' }, el('header', {}, howMany, heaviest), strip.element);
  const element = el('div', { class: 'parts-view' }, stripCard, one, teach);

  function lesson(state) {
    const doc = state.document;
    if (!doc?.parts) {
      return [el('h2', {}, 'No Gaussians yet'), el('p', { class: 'soft' }, 'Press the round button below: the fit places them, and moves them until they explain the points best. Or draw one yourself with the tool New.'), sketch()];
    }
    return [el('h2', {}, 'Nothing selected'), el('p', { class: 'soft' }, 'Click an ellipse to hold it: drag its middle, its squares, its knob and its arc. Brush the bars above to take many.'), sketch()];
  }
  const sketch = () => svg('svg', { class: 'sketch', viewBox: '0 0 200 96', 'aria-hidden': 'true' },
    svg('g', { transform: 'rotate(-18 92 50)' }, svg('ellipse', { cx: 92, cy: 50, rx: 58, ry: 27 }),
      [[34, 50], [150, 50], [92, 23], [92, 77]].map(([x, y]) => svg('rect', { x: x - 4, y: y - 4, width: 8, height: 8 })),
      svg('path', { d: 'M154 50H172' }), svg('circle', { cx: 177, cy: 50, r: 5 }), svg('circle', { class: 'middle', cx: 92, cy: 50, r: 3.5 })));

  function shown(state, other) {
    const doc = state.document, { parts, axes, source } = doc, chosen = state.selection.filter((i) => i < parts.k), i = chosen[chosen.length - 1], many = chosen.length > 1;
    const shared = (of, alike = 1e-9) => { const first = of(i); return chosen.every((j) => Math.abs(of(j) - first) <= alike * Math.max(1, Math.abs(first))) ? first : null; };
    const flat = axes.length === 1, ellipse = new Map(chosen.slice(0, 400).map((j) => [j, flat ? { long: spreadOn(parts, j, axes[0]), short: 0, turn: 0 } : axesOf(parts, j, axes)]));
    const of = (j) => ellipse.get(j) ?? ellipse.get(i), scale = (axis) => doc.range[2 * axis + 1] - doc.range[2 * axis];
    const digits = (axis) => (isPicture(doc) ? 1 : decimalsOf(scale(axis) / 3)), by = (axis) => (isPicture(doc) ? 1 : 10 ** -digits(axis));
    const put = (key, value, text, step, more) => boxes[key].show(value, value === null ? 'mixed' : text(value), step, { ...more, other });
    const mean = (axis) => shared((j) => parts.means[j * parts.d + axis]);
    put('x', mean(axes[0]), (v) => decimal(v, digits(axes[0])), by(axes[0]));
    attribute(boxes.x.input, 'aria-label', `Mean, ${source.columns[axes[0]]}`);
    attribute(boxes.x.element, 'title', source.columns[axes[0]]);
    say(boxes.x.element.firstChild, shortName(source.columns[axes[0]], 'x'));
    boxes.y.element.hidden = boxes.short.element.hidden = flat;
    if (!flat) {
      put('y', mean(axes[1]), (v) => decimal(v, digits(axes[1])), by(axes[1]));
      attribute(boxes.y.input, 'aria-label', `Mean, ${source.columns[axes[1]]}`);
      attribute(boxes.y.element, 'title', source.columns[axes[1]]);
      say(boxes.y.element.firstChild, shortName(source.columns[axes[1]], 'y'));
      put('short', shared((j) => of(j).short), (v) => (isPicture(doc) ? decimal(v, 1) : significant(v, 3)), of(i).short / 50);
      put('turn', shared((j) => degrees(doc, of(j).turn)), (v) => `${decimal(v, 0)}°`, 1);
    }
    put('long', shared((j) => of(j).long), (v) => (isPicture(doc) ? decimal(v, 1) : significant(v, 3)), of(i).long / 50);
    for (const cell of turnRow) cell.hidden = flat && !isColoured(doc);
    boxes.turn.element.hidden = flat;
    hexBox.hidden = !isColoured(doc);
    const total = chosen.reduce((sum, j) => sum + parts.weights[j], 0), weight = { fixed: parts.k === 1 };
    put('weight', total, (v) => percent(v, 2), Math.max(1e-4, Number((total / 50).toPrecision(1))), weight);
    boxes.n.element.hidden = !source.n;
    put('n', total * source.n, counted, Math.max(1, Math.round(total * source.n / 50)), weight);
    const colour = colourOf(doc, i), alike = chosen.every((j) => colourOf(doc, j) === colour);
    if (swatch.value !== colour) swatch.value = colour;
    swatch.hidden = isPicture(doc) && !isColoured(doc);
    swatch.classList.toggle('several', !alike);
    hexDot.style.background = colour;
    const code = alike ? colour.slice(1) : 'mixed';
    if (hex.dataset.shown !== code) { hex.value = code; hex.dataset.shown = code; hex.classList.toggle('mixed', !alike); }
    name.readOnly = many;
    if (name.getRootNode().activeElement !== name || many) name.value = many ? `${counted(chosen.length)} selected` : doc.names[i] ?? '';
    name.placeholder = many ? '' : nameOf(doc, i);
    for (const padlock of pins) {
      const on = chosen.every((j) => doc.pins[j] & padlock.bit), some = !on && chosen.some((j) => doc.pins[j] & padlock.bit);
      attribute(padlock.button, 'aria-pressed', some ? 'mixed' : on);
      if (padlock.shown !== on) { fill(padlock.button, icon(on ? 'lock' : 'unlock')); padlock.shown = on; }
    }
    const hidden = chosen.every((j) => doc.hidden[j]);
    for (const button of actions.children) {
      const what = button.dataset.act;
      button.disabled = !canAct(state, what);
      if (what === 'merge') attribute(button, 'title', many ? 'Merge (M)' : 'Merge: select two or more');
      if (what === 'hide') attribute(button, 'title', hidden ? 'Show (H)' : 'Hide (H): leave it out of all that is looked at and asked, not of the fit');
      if (what === 'hide' && button.lastChild.textContent !== (hidden ? 'Show' : 'Hide')) fill(button, icon(hidden ? 'show' : 'hide'), el('span', {}, hidden ? 'Show' : 'Hide'));
    }
  }

  function update(state, before) {
    strip.update(state, before);
    const doc = state.document, chosen = doc?.parts ? state.selection.filter((i) => i < doc.parts.k) : [];
    if (before && before.document === doc && before.selection === state.selection) return;
    stripCard.hidden = !doc?.parts;
    one.hidden = !chosen.length; teach.hidden = !!chosen.length;
    if (doc?.parts) {
      const { k, weights } = doc.parts, top = weights.reduce((a, b) => Math.max(a, b), 0), hidden = doc.hidden.reduce((a, b) => a + (b ? 1 : 0), 0);
      say(howMany, several(k, 'component'));
      say(heaviest, hidden ? `${counted(hidden)} hidden` : k > 12 ? `heaviest ${percent(top)}` : '');
    }
    if (chosen.length) shown(state, before?.selection !== state.selection);
    else if (!before || !teach.childElementCount || !before.document?.parts !== !doc?.parts) fill(teach, lesson(state));
  }
  // What was typed is for what is selected now, not for what a press elsewhere selects.
  app.listen(app.root, 'pointerdown', (event) => {
    const active = element.getRootNode().activeElement;
    if (active !== event.target && element.contains(active) && !element.contains(event.target)) active.blur();
  }, true);
  return { element, update, destroy() { strip.destroy(); } };
}

function degrees(doc, turn) {
  return Math.round((((isPicture(doc) ? -turn : turn) * 180 / Math.PI) % 180 + 180) % 180 * 1e6) / 1e6 % 180;
}

/** What stands within the box of a column: its name, or where that is long the axis it is shown on. */
function shortName(name, axis) {
  return name.length > 3 ? axis : name;
}
