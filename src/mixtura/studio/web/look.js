// Look: how it is painted. The style as thumbnails, what the style takes, sharpness, how many, and the ellipses.

import { isColoured, isPicture, shownParts, stylesOf } from './document.js';
import { attribute, el, say } from './dom.js';
import { counted, decimal } from './format.js';
import { toneEditor } from './curves.js';
import { bentFrom } from './tone.js';
import { paletteNames, paletteShades } from './palettes.js';
import { pairs } from './pairs.js';
import { inksOf } from './inks.js';
import { plotLook, tellPainter } from './sheets.js';

const STYLE_NAMES = { mean: 'Mean', contour: 'Contour', grid: 'Density', dots: 'Dots', ellipses: 'Ellipses' };
const BUSY = 100;  // milliseconds between two looks at whether the painter is
const USUAL_INK = { grid: '#000000', dots: '#1f3fbf', ellipses: '#14213d' };  // of styles that take an ink and a paper

/** One of several buttons in a group, as radio buttons are worked by arrows. */
function radios(group, choose) {
  group.setAttribute('role', 'radiogroup');
  group.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault(); event.stopPropagation();
    const all = [...group.querySelectorAll('[role=radio]')].filter((one) => !one.hidden), at = all.indexOf(group.getRootNode().activeElement);
    const next = all[(at + step + all.length) % all.length];
    next.focus(); choose(next.dataset.value);
  });
  group.addEventListener('click', (event) => {
    const one = event.target.closest('[role=radio]');
    if (one) choose(one.dataset.value);
  });
  return (value) => {
    for (const one of group.querySelectorAll('[role=radio]')) {
      attribute(one, 'aria-checked', one.dataset.value === value);
      one.tabIndex = one.dataset.value === value ? 0 : -1;
    }
    if (!group.querySelector('[aria-checked=true]')) group.querySelector('[role=radio]')?.setAttribute('tabindex', '0');
  };
}

/** A slider in a row: `read` and `write` map 0..1 to the value, `text` says it, `rest` is its double click. */
function slider(label, { read, write, text, rest = null, step = 0.002 }, change, done) {
  const range = el('input', { type: 'range', min: 0, max: 1, step, 'aria-label': label });
  const output = el('output', { 'aria-hidden': 'true' }), element = el('div', { class: 'field' }, el('span', { class: 'label', 'aria-hidden': 'true' }, label), range, output);
  range.addEventListener('input', () => change(write(Number(range.value))));
  range.addEventListener('change', done);
  range.addEventListener('dblclick', () => { if (rest !== null) { change(rest); done(); } });
  return { element, show(value) {
    const at = Math.min(1, Math.max(0, read(value)));
    if (Math.abs(Number(range.value) - at) > 1e-9 && Math.abs(at - Number(range.value)) >= step / 2) range.value = at;
    range.style.setProperty('--at', `${100 * at}%`);
    attribute(range, 'aria-valuetext', text(value).replace(/\u202f/g, ' '));
    say(output, text(value));
  } };
}

/** A colour to choose, with its name beside, and a way back to what is usual. */
function colourRow(label, usual, change, done) {
  const input = el('input', { type: 'color', 'aria-label': label }), text = el('output', { 'aria-hidden': 'true' });
  const back = el('button', { type: 'button', class: 'plain small', onclick: () => { change(null); done(); } }, usual);
  input.addEventListener('input', () => change(input.value));
  input.addEventListener('change', done);
  return { element: el('div', { class: 'field colour' }, el('span', { class: 'label', 'aria-hidden': 'true' }, label), el('span', { class: 'pick' }, input, text), back), show(value, other, word = usual) {
    input.value = value ?? other;
    say(text, value === null ? word : value);
    say(back, word);
    back.hidden = value === null;
  } };
}

/** A colour map's name without its -r, and whether it has one. */
function paletteOf(name) {
  const reversed = name.endsWith('-r');
  return { base: reversed ? name.slice(0, -2) : name, reversed };
}

/** A colour map as CSS paints it. */
function ramp(name) {
  return `linear-gradient(90deg, ${paletteShades(name).map((rgb) => `rgb(${rgb.join(' ')})`).join(', ')})`;
}

const threeDigits = (x) => Number(x.toPrecision(3));

/** The panel: app -> view. */
export function look(app) {
  const change = (partial, label) => app.dispatch({ type: 'look', look: partial, label });
  const done = () => app.dispatch({ type: 'rest' });
  const setLook = (partial) => { change(partial); done(); };
  const now = () => app.state.document.look;

  const styles = el('div', { class: 'styles', 'aria-label': 'Style' }), showStyle = radios(styles, (style) => setLook({ style }));
  const tiles = Object.keys(STYLE_NAMES).map((style) => ({ style, canvas: el('canvas', { width: 150, height: 100 }) }));
  for (const { style, canvas } of tiles) styles.append(el('button', { type: 'button', role: 'radio', dataset: { value: style } }, canvas, STYLE_NAMES[style]));

  const ramps = el('div', { class: 'ramps', 'aria-label': 'Colours' }), rampName = el('span', { class: 'faint' });
  const showRamp = radios(ramps, (base) => setLook({ colours: paletteOf(now().colours).reversed ? `${base}-r` : base }));
  for (const name of paletteNames) ramps.append(el('button', { type: 'button', role: 'radio', 'aria-label': name, title: name, dataset: { value: name }, style: `background: ${ramp(name)}` }));
  const turnRamp = el('button', { type: 'button', onclick: () => { const { base, reversed } = paletteOf(now().colours); setLook({ colours: reversed ? base : `${base}-r` }); } }, 'Reverse');

  const toneKey = () => (now().style === 'grid' ? 'grid' : 'mean');
  const setTone = (curve, last) => { change({ tone: { ...now().tone, [toneKey()]: curve } }); if (last) done(); };
  const editor = toneEditor(setTone);
  const presets = el('div', { class: 'links', role: 'group', 'aria-label': 'Kind of tone' }, [['linear', 'Linear'], ['gamma', 'Gamma'], ['points', 'Curve']].map(([kind, name]) =>
    el('button', { type: 'button', dataset: { kind }, onclick: () => {
      const curve = now().tone[toneKey()];
      setTone(kind === 'points' ? bentFrom(curve, toneKey()) : { ...curve, kind, ...(kind === 'gamma' && curve.gamma === 1 ? { gamma: 0.5 } : {}) }, true);
    } }, name)));
  const gamma = slider('Gamma', { read: (v) => (Math.log10(v) + 1) / 2, write: (t) => threeDigits(10 ** (2 * t - 1)), text: (v) => decimal(v, 2), rest: 1 }, (value) => setTone({ ...now().tone[toneKey()], gamma: value }, false), done);

  const dots = slider('Dots', { read: (v) => Math.log10(v / 1000) / 3, write: (t) => Number((1000 * 10 ** (3 * t)).toPrecision(2)), text: counted, rest: 40000 }, (value) => change({ dots: value }), done);
  const radius = slider('Radius', { read: (v) => (v === null ? 0 : Math.log(v / 0.25) / Math.log(40)), write: (t) => (t === 0 ? null : threeDigits(0.25 * 40 ** t)), text: (v) => (v === null ? 'auto' : decimal(v, 2)), rest: null }, (value) => change({ radius: value }), done);
  const ink = colourRow('Ink', 'usual', (value) => change({ ink: value }), done);
  const paper = colourRow('Paper', 'usual', (value) => change({ paper: value }), done);

  const sharp = slider('Sharpness', { read: (v) => (1 - Math.log10(v)) / 2, write: (t) => threeDigits(10 ** (1 - 2 * t)), text: (v) => `×\u202f${1 / v >= 9.95 ? decimal(1 / v, 1) : decimal(1 / v, 2)}`, rest: 1 }, (value) => change({ sharpen: value }), done);
  const size = () => Math.max(1, app.state.document.parts?.k ?? 1);
  const count = slider('Gaussians', { read: (v) => (v === null || v >= size() ? 1 : Math.log(v) / Math.log(size())), write: (t) => { const n = Math.round(size() ** t); return n >= size() ? null : Math.max(1, n); }, text: (v) => (app.state.document.parts ? counted(Math.min(v ?? size(), size())) : '–'), rest: null }, (value) => change({ count: value }), done);
  const rims = slider('Ellipses', { read: (v) => v, write: (t) => Math.round(100 * t) / 100, text: (v) => (v ? `${Math.round(100 * v)}\u202f%` : 'off'), rest: 0.4, step: 0.01 }, (value) => change({ ellipses: value }), done);

  const heading = (text, ...more) => el('header', {}, el('h2', {}, text), ...more);
  const rampCard = el('section', { class: 'card' }, heading('Colours', el('span', { class: 'links' }, rampName, turnRamp)), ramps);
  const toneCard = el('section', { class: 'card' }, heading('Tone', presets), editor.element, gamma.element);
  const inkCard = el('section', { class: 'card' }, dots.element, radius.element, ink.element, paper.element);
  const columns = pairs(app);
  const element = el('div', { class: 'look-view' },
    el('section', { class: 'card' }, heading('Style'), styles), rampCard, toneCard, inkCard,
    el('section', { class: 'card' }, sharp.element, count.element, rims.element), columns.element);

  // Thumbnails are painted in idle moments, one at a time, once the hand rests.
  let stale = 0, queue = [];
  const paintNext = () => {
    stale = 0;
    if (app.painter?.busy) { stale = setTimeout(paintNext, BUSY); return; }  // what is on the stage comes first
    const { document: doc } = app.state, tile = queue.shift();
    if (!tile || !doc?.parts || !app.painter?.thumbnail) return;
    const image = doc.axes.length > 1 && app.painter.aside(() => {
      const [ux, uy] = app.place?.units ?? [1, 1];
      tellPainter(app.painter, doc, ux / uy);
      return app.painter.thumbnail(tile.style, isPicture(doc) ? doc.look : plotLook(doc.look, inksOf(app.root, false)), tile.canvas.width, tile.canvas.height);
    });
    if (image) tile.canvas.getContext('2d').putImageData(image, 0, 0);
    if (queue.length) stale = setTimeout(paintNext, 30);
  };
  const paintSoon = (wait) => {
    queue = tiles.filter(({ canvas }) => !canvas.parentElement.hidden && element.isConnected);
    clearTimeout(stale);
    stale = setTimeout(paintNext, wait);
  };

  function update(state, before) {
    const doc = state.document;
    element.hidden = !doc;
    columns.update(state, before);
    if (!doc || (before && before.document === doc && before.theme === state.theme)) return;
    const { style, tone } = doc.look, known = stylesOf(doc), fresh = before?.document?.source !== doc.source;
    for (const { style: each, canvas } of tiles) canvas.parentElement.hidden = !known.includes(each);
    if (fresh) for (const { canvas } of tiles) canvas.getContext('2d').clearRect(0, 0, canvas.width, canvas.height);
    if (fresh) styles.append(...known.map((each) => tiles.find((tile) => tile.style === each).canvas.parentElement));
    showStyle(style);
    rampCard.hidden = style !== 'contour'; toneCard.hidden = style !== 'mean' && style !== 'grid';
    inkCard.hidden = !(style in USUAL_INK);
    dots.element.hidden = radius.element.hidden = style !== 'dots';
    const { base, reversed } = paletteOf(doc.look.colours);
    showRamp(base); say(rampName, base[0].toUpperCase() + base.slice(1)); attribute(turnRamp, 'aria-pressed', reversed);
    if (!toneCard.hidden) {
      const curve = tone[style];
      editor.update(curve, style);
      for (const button of presets.children) attribute(button, 'aria-pressed', button.dataset.kind === curve.kind);
      gamma.element.hidden = curve.kind !== 'gamma'; gamma.show(curve.gamma);
      if (doc.parts && (!state.job || !before?.document?.parts)) editor.histogram(shownParts(doc).parts);
    }
    dots.show(doc.look.dots); radius.show(doc.look.radius ?? null);
    const coloured = isColoured(doc) && style !== 'grid';
    ink.show(doc.look.ink ?? null, coloured ? '#808080' : USUAL_INK[style] ?? '#000000', coloured ? 'own' : 'usual'); paper.show(doc.look.paper, '#ffffff');
    sharp.show(doc.look.sharpen); count.show(doc.look.count); rims.show(doc.look.ellipses);
    const seen = before?.document;
    if (fresh || before.theme !== state.theme || seen.parts !== doc.parts || seen.hidden !== doc.hidden || seen.look !== doc.look || seen.axes !== doc.axes || seen.colours !== doc.colours) paintSoon(state.job ? 1500 : fresh ? 60 : 400);
  }
  return { element, update, destroy() { clearTimeout(stale); columns.destroy(); } };
}
