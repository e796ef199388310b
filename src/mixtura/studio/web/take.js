// Take away: files as the command line would write them, from the engine; and the line that makes each.

import { el, fill, say } from './dom.js';
import { float } from './float.js';
import { bytesText, counted } from './format.js';
import { isColoured, isPicture } from './document.js';
import { icon, wordButton } from './icons.js';
import { bytesOfModel, modelOfDocument } from './modelfile.js';
import { plainStem } from './quoting.js';
import { drawPlot } from './plot.js';
import { fileName, lookFor, recipe } from './recipe.js';
import { partArrays } from './wire.js';

const TAKE_KINDS = [
  ['png', 'Picture', 'the same bytes as the command’s'], ['svg', 'Drawing', 'sharp at any size'], ['html', 'Page', 'zoom in for ever, no network'],
  ['webp', 'Film', 'EM at work, from its first step'], null, ['mix', 'Model', 'for here or Python, edits and all'],
  ['gmx', 'Tiny picture', 'the model in a few hundred bytes'], ['csv', 'Labels', 'of each point its component'],
];
const TAKE_SIDE = 30_000, TAKE_AREA = 100_000_000, TAKE_WIDTH = 2160, MOST_HERE = 4096;
const DRAWN_HERE = { command: null, byHand: 'the page paints it as the screen shows it' };

/** A line of words, none of which is broken at its hyphens. */
function wordsOf(line) {
  return line.split(/( )/).map((word) => (word === ' ' ? word : el('span', { style: 'display:inline-block;max-width:100%' }, word)));
}

/** Give the browser a file to save. */
function download(bytes, name, mime) {
  const address = URL.createObjectURL(new Blob([bytes], { type: mime }));
  el('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** The document, as the engine is to draw or write it. */
function takeMessage(document, kind, width) {
  const { pins, hidden, names, colours, axes, look, source } = document;
  return [
    { kind, name: plainStem(source.name), width, look: lookFor(document, width, kind), axes: [...axes], names, colours, keep: look },
    { ...partArrays(document.parts), pins, hidden },
  ];
}

/** What can be taken of a document from an engine. */
function kindsOf(document, can) {
  const picture = isPicture(document);
  return TAKE_KINDS.filter((each) => {
    if (!each) return true;
    if (each[0] === 'gmx' && !picture) return false;
    if (each[0] === 'csv' && (!document.source.n || (picture && !isColoured(document)))) return false;
    return can.includes(`take:${each[0]}`) || each[0] === 'png';  // which the page can draw itself
  });
}

/** The sheet of what there is to take; `app.emit('take', opener)` opens it. */
export function taker(app) {
  const sheet = float(app, { kind: 'take', label: 'Take away', filled: () => filling() });
  const wide = number('w', 'Width in pixels', (value) => size(value));
  const high = number('h', 'Height in pixels', (value) => size(value * ratio()));
  const sizes = el('div', { class: 'size' }, el('span', { class: 'label' }, 'Size'), wide.element, high.element, el('span', { class: 'faint' }, 'pixels'));
  const rows = el('div', { class: 'rows' }), code = el('code', { tabindex: '0', 'aria-label': 'The line that makes it' });
  const copy = wordButton('copy', 'Copy', () => navigator.clipboard?.writeText(code.textContent));
  const line = el('div', { class: 'takeline' }, code, copy);
  const reason = el('span'), why = el('p', { class: 'byhand', hidden: true }, icon('diamond'), reason);
  const told = el('p', { class: 'soft', role: 'status' });
  sheet.element.append(sizes, rows, told, line, why);
  let width = 0, busy = null, filmed = null;

  app.on('state', ({ document }, before, action) => {
    if (action.type === 'done' && before.job?.kind === 'fit') filmed = action.reason === 'stopped' ? null : document.parts;
  });

  app.on('take', (opener) => sheet.toggle(opener));

  function number(letter, label, changed) {
    const input = el('input', { inputmode: 'numeric', 'aria-label': label, onchange: () => {
      const value = Number(input.value.replace(/\D/g, ''));
      if (value > 0) changed(value);
      else size(width);
    } });
    return { element: el('label', { class: 'number' }, el('span', {}, letter), input), input };
  }

  function ratio() {
    const { frame } = app.state.document.source;
    return frame ? (frame[2] - frame[0]) / (frame[3] - frame[1]) : 4 / 3;
  }

  function size(w) {
    const most = Math.min(TAKE_SIDE, TAKE_SIDE * ratio(), Math.sqrt(TAKE_AREA * ratio()));
    width = Math.round(Math.min(Math.max(1, w), most));
    wide.input.value = String(width);
    high.input.value = String(Math.max(1, Math.floor(width / ratio() + 0.5)));
    explain(shown);
  }

  let shown = 'png';
  function explain(kind) {
    shown = kind;
    const { document } = app.state, made = !document?.parts ? null : isDrawnHere(kind) ? DRAWN_HERE : recipe(document, { kind, size: width, filmed: document.parts === filmed });
    line.hidden = !made;
    copy.hidden = !made?.command;
    if (made) fill(code, wordsOf(made.command ?? `No line makes this${made.byHand ? `: ${made.byHand}` : ''}.`));
    why.hidden = !made?.command || !made.byHand;
    say(reason, why.hidden ? '' : [made.byHand, made.reads && kind !== 'mix' ? `take ${made.reads} too` : null].filter(Boolean).join('; '));
  }

  function about(kind) {
    const { document } = app.state;
    if (kind === 'mix') return bytesText(bytesOfModel(document.parts, 'full'));
    if (kind === 'csv') return counted(document.source.n);
    return '';
  }

  function filling() {
    const { document, engine, link } = app.state, ready = Boolean(document?.parts);
    sizes.hidden = !ready;
    say(told, ready ? (link === 'lost' ? 'The computer’s side is gone. The model is saved here as ever; a picture is drawn as the screen shows it.' : '') : 'There is no mixture yet: fit one first.');
    told.hidden = !told.textContent;
    if (!ready) {
      fill(rows);
      line.hidden = why.hidden = true;
      return;
    }
    if (!width) width = Math.max(TAKE_WIDTH, document.source.picture?.width ?? 0);
    size(width);
    const kinds = kindsOf(document, engine?.can ?? []);
    sizes.hidden = !kinds.some((each) => each && ['png', 'svg', 'webp'].includes(each[0]));
    fill(rows, kinds.filter((each, i) => each || (i > 0 && i < kinds.length - 1)).map((each) => (each ? row(...each) : el('hr'))));
    rows.querySelector('button')?.setAttribute('autofocus', '');  // not a number, for which a telephone would show its keys
    explain(kinds.find(Boolean)?.[0] ?? 'mix');
  }

  function row(kind, words, note) {
    const right = el('span', { class: 'faint num amount' }, about(kind));
    if (kind === 'csv' && isPicture(app.state.document)) note = 'of each pixel its component';
    if (isDrawnHere(kind)) note = 'as the screen shows it';
    return el('button', { type: 'button', class: 'row', 'data-kind': kind, onfocus: () => explain(kind), onpointerenter: () => explain(kind),
      onclick: (event) => take(kind, event.currentTarget, right) },
    el('span', { class: 'kind' }, kind.toUpperCase()), el('span', {}, el('b', {}, words), el('span', { class: 'soft' }, note)), right);
  }

  async function take(kind, button, right) {
    if (busy) return;
    busy = kind;
    const before = right.textContent;
    button.setAttribute('aria-busy', 'true');
    fill(right, el('i', { class: 'spinner' }));
    const begun = performance.now();
    const clock = setInterval(() => fill(right, el('i', { class: 'spinner' }), `${Math.round((performance.now() - begun) / 1000)} s`), 1000);
    try {
      const file = app.state.link === 'lost' || !app.state.engine.can.includes(`take:${kind}`) ? await here(kind) : await app.request('take', ...takeMessage(app.state.document, kind, width));
      const name = fileName(app.state.document, kind);
      download(file.arrays.bytes, name, file.mime);
      fill(right, icon('check'), bytesText(file.arrays.bytes.length));
      app.emit('taken', { kind, name, bytes: file.arrays.bytes });
    } catch (error) {
      fill(right, before);
      app.dispatch({ type: 'notice', notice: { sentence: error.sentence ?? `${error.message}.`, remedy: error.remedy ?? null, bad: true } });
    } finally {
      clearInterval(clock);
      button.removeAttribute('aria-busy');
      busy = null;
    }
  }

  /** Whether a picture is painted by the page, since there is nobody else. */
  const isDrawnHere = (kind) => kind === 'png' && (app.state.link === 'lost' || !(app.state.engine?.can ?? []).includes('take:png'));

  /** Without an engine: the model, and the picture or plot as the page paints it. */
  async function here(kind) {
    const { document } = app.state;
    if (kind === 'mix') return { mime: 'application/octet-stream', arrays: { bytes: modelOfDocument(document) } };
    if (kind !== 'png') throw { sentence: 'The computer’s side is gone, and only it writes this.', remedy: 'The model can be taken now; the rest when it is back.' };
    const w = Math.min(width, MOST_HERE), h = Math.max(1, Math.floor(w / ratio() + 0.5)), canvas = new OffscreenCanvas(w, h);
    if (isPicture(document)) canvas.getContext('2d').putImageData(new ImageData(app.painter.pixels(w, h, document.look), w, h), 0, 0);
    else drawPlot(canvas, app, document);
    const blob = await canvas.convertToBlob({ type: 'image/png' });
    return { mime: 'image/png', arrays: { bytes: new Uint8Array(await blob.arrayBuffer()) } };
  }

  return { update(state, before) { if (sheet.shown && before && state.document !== before.document) filling(); } };
}
