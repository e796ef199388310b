// The notebook's way in: `initialize` once a widget in a page, `render` once a cell that shows it. Cells share one value,
// the model's traits `_mix` (an `edit` frame), `selection` and `revision`; each talks with a session of its own.

import { beginPicture } from './begin.js';
import { withParts } from './document.js';
import { mount } from './studio.js';
import { SAMPLE_PICTURES } from './thumbnails.js';
import { widgetTransport } from './transports.js';
import { decodeFrame, encodeFrame, partArrays, partsIn } from './wire.js';

const LET_GO = 300;  // ms without an edit after which keys and fields count as let go

/** What is there once however many cells show the widget: the page's leaving ends the sessions of all its cells. */
export function initialize({ model }) {
  const page = pageName();
  const leave = () => model.send({ page, close: true });
  globalThis.addEventListener('pagehide', leave);
  return () => globalThis.removeEventListener('pagehide', leave);
}

/** A studio in a cell; what comes back takes it away. */
export function render({ model, el }) {
  const transport = widgetTransport(model, `${pageName()}/${crypto.getRandomValues(new Uint32Array(2)).join('-')}`);
  el.dataset.lmSuppressShortcuts = 'true';  // D D deletes a cell in Jupyter, and a component here
  const keep = (event) => event.stopPropagation();
  for (const kind of ['keydown', 'keyup', 'keypress']) el.addEventListener(kind, keep);
  const studio = mount(el, transport, { embedded: true, height: model.get('height'), pictures: { begin: beginPicture, samples: SAMPLE_PICTURES } });
  const lost = () => transport.onstate?.('lost', { final: true });
  model.on('comm:close', lost);
  const leave = share(studio.app, model);
  return () => {
    leave();
    model.off('comm:close', lost);
    studio.destroy();
    for (const kind of ['keydown', 'keyup', 'keypress']) el.removeEventListener(kind, keep);
  };
}

/** Keep the document and the model's value one: told when an edit is let go and at a fit's end, never during. */
function share(app, model) {
  let told = null, frame = null, pressed = false, timer = 0;

  const busy = () => pressed || (app.state.job?.kind === 'fit' && app.state.job.state === 'running');
  const chosen = () => [...app.state.selection];

  function tell() {
    clearTimeout(timer);
    const { document } = app.state;
    if (!document?.parts || busy()) return;
    const before = model.get('revision');
    if (document.parts !== told?.parts || document.pins !== told?.pins) {
      const first = told === null && !changed(document);
      told = document;
      if (!first) {
        frame = new Uint8Array(encodeFrame({ type: 'edit', revision: before + 1, arrays: { ...partArrays(document.parts), pins: document.pins } }));
        model.set('_mix', new DataView(frame.buffer));
        model.set('_family', document.fit.covariance_type);
        model.set('_columns', [...document.source.columns]);
        model.set('revision', before + 1);
      }
    }
    const selection = chosen();
    if (!sameNumbers(selection, model.get('selection'))) model.set('selection', selection);
    model.save_changes();
  }

  /** Whether the document is another value than the model's: the first one is what Python has sent. */
  function changed({ parts }) {
    const value = modelValue(model);
    return !value || !sameNumbers(value.weights, parts.weights) || !sameNumbers(value.means, parts.means) || !sameNumbers(value.factors, parts.factors);
  }

  function hear() {
    const { document } = app.state, value = modelValue(model);
    if (!value || !document || value.d !== document.source.d || sameNumbers(modelBytes(model), frame)) return;
    const next = { ...withParts(document, value), byHand: true };
    if (value.pins) next.pins = value.pins;
    told = next;
    app.dispatch({ type: 'edit', label: 'Set in Python', document: next });
    told = app.state.document;
  }

  function choose() {
    const wanted = model.get('selection'), k = app.state.document?.parts?.k ?? 0;
    if (!sameNumbers(wanted, chosen())) app.dispatch({ type: 'select', indices: wanted.filter((i) => i < k), how: 'set' });
  }

  const away = app.on('state', (state, before, action) => {
    if (state.document === before.document && state.selection === before.selection && state.job === before.job) return;
    clearTimeout(timer);
    if (action.merge === undefined || action.type === 'rest' || action.type === 'done') tell();
    else timer = setTimeout(tell, LET_GO);
  });
  const press = () => { pressed = true; };
  const release = () => { pressed = false; timer = setTimeout(tell, 0); };  // after those that answer the pointer
  app.root.addEventListener('pointerdown', press, true);
  for (const kind of ['pointerup', 'pointercancel']) globalThis.addEventListener(kind, release);
  model.on('change:_mix', hear);
  model.on('change:selection', choose);

  return () => {
    clearTimeout(timer);
    away();
    app.root.removeEventListener('pointerdown', press, true);
    for (const kind of ['pointerup', 'pointercancel']) globalThis.removeEventListener(kind, release);
    model.off('change:_mix', hear);
    model.off('change:selection', choose);
  };
}

function modelBytes(model) {
  const value = model.get('_mix');
  if (!value?.byteLength) return null;
  return ArrayBuffer.isView(value) ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : new Uint8Array(value);
}

function modelValue(model) {
  const bytes = modelBytes(model);
  if (!bytes) return null;
  const message = decodeFrame(bytes.slice().buffer, 'page');
  return { ...partsIn(message), pins: message.arrays.pins ?? null };
}

const sameNumbers = (a, b) => a?.length === b?.length && a?.every((one, i) => one === b[i]);
const pageName = () => (globalThis.mixturaPage ??= crypto.getRandomValues(new Uint32Array(2)).join('-'));
