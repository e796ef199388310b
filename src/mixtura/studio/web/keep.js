// What is open is kept in the browser, and offered again after a reload; an engine that has forgotten it is told again.

import { counted } from './format.js';
import { el } from './dom.js';
import { modelOfDocument } from './modelfile.js';
import { plainStem } from './quoting.js';

const KEPT_BASE = 'mixtura-studio', KEPT_TABLE = 'kept', KEPT_SLOT = 'last', KEPT_TAB = 'mixtura-tab';
const KEPT_REST = 800, KEPT_PACE = 3000;  // ms of rest before it is written, and between two times in mid-fit
const KEPT_BYTES = 48 << 20;  // bytes of a history that is kept whole
const KEPT_DAYS = 30 * 24 * 3600 * 1000;

/** One value under a key in the browser's own base; every failure is null, for keeping is a courtesy. */
function keptBase() {
  let opened = null;
  const ready = () => (opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(KEPT_BASE, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(KEPT_TABLE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  }));
  const doing = async (mode, act) => {
    try {
      const table = (await ready()).transaction(KEPT_TABLE, mode).objectStore(KEPT_TABLE);
      return await new Promise((resolve, reject) => {
        const asked = act(table);
        asked.onsuccess = () => resolve(asked.result ?? null);
        asked.onerror = () => reject(asked.error);
      });
    } catch { return null; }
  };
  return {
    get: (key) => doing('readonly', (table) => table.get(key)),
    put: (key, value) => doing('readwrite', (table) => table.put(value, key)),
    drop: (key) => doing('readwrite', (table) => table.delete(key)),
    close: async () => { if (opened) (await opened.catch(() => null))?.close(); },
  };
}

/** A name for this tab, which a reload does not change. */
function tabName() {
  try {
    const name = sessionStorage.getItem(KEPT_TAB) ?? crypto.getRandomValues(new Uint32Array(2)).join('-');
    sessionStorage.setItem(KEPT_TAB, name);
    return name;
  } catch { return null; }  // where the browser keeps nothing
}

/** How long ago, in words. */
export function agoOf(ms) {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return 'a moment ago';
  if (minutes < 60) return `${minutes} ${minutes === 1 ? 'minute' : 'minutes'} ago`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} ${hours === 1 ? 'hour' : 'hours'} ago` : `${Math.round(hours / 24)} days ago`;
}

/** How to open a source again when nobody remembers its file: its picture, or its points where all of them are here. */
export function originOf({ source }) {
  const fields = { name: source.name, mode: null, threshold: null, columns: null };
  if (source.picture) return { fields: { ...fields, kind: 'picture', mode: source.kind === 'ink' ? 'ink' : 'colour', threshold: source.threshold }, arrays: { bytes: source.picture.bytes } };
  if (source.whole && source.n) return { fields: { ...fields, kind: 'points', columns: [...source.columns] }, arrays: { points: { data: source.points, shape: [source.n, source.d] } } };
  return null;
}

/** In place of a source that cannot be opened again: a model without points, so that an engine fits no others to it. */
function pointless(document) {
  const { source: { name, d }, parts } = document, factors = Float64Array.from({ length: d * d }, (_, at) => (at % (d + 1) ? 0 : 1));
  const any = { k: 1, d, weights: Float64Array.of(1), means: new Float64Array(d), factors }, k = parts?.k ?? 1, none = new Array(k).fill(null);
  const whole = parts ? document : { ...document, parts: any, pins: new Uint8Array(k), hidden: new Uint8Array(k), names: none, colours: none };
  return { fields: { kind: 'model', name: `${plainStem(name)}.mix`, mode: null, threshold: null, columns: null }, arrays: { bytes: modelOfDocument(whole) } };
}

const sizeOfHistory = ({ entries }) => entries.reduce((sum, { steps, document }) => sum + [document, ...steps].reduce((bytes, { parts }) => bytes + (parts ? 8 * parts.k * (1 + parts.d + parts.d ** 2) : 0), 0), 0);

/** Keeps and offers; `offer` is where the empty page puts it. */
export function keeper(app) {
  const kept = keptBase(), offer = app.regions.stage.querySelector('.offered');
  const slot = app.options.alone ? `${KEPT_SLOT}:${location.pathname}` : KEPT_SLOT;  // pages from files share a base
  const tab = app.options.embedded ? null : tabName();
  let origin = null, timer = 0, last = null, found = null, ready = null;
  if (!app.options.embedded) ready = kept.get(slot).then((value) => { found = value && Date.now() - value.when < KEPT_DAYS ? value : null; });

  app.on('origin', (value) => {
    origin = value?.fields ? value : null;
    fitsAgain(true);
  });
  let could = null;  // what the engine can, while it has no points of what is open

  /** Fits and comparisons cannot be asked for while the engine has no points, and can again with the next source. */
  function fitsAgain(on) {
    const { engine } = app.state;
    if (on === (could === null)) return;
    const can = on ? could : engine.can.filter((one) => !/^(fit|score)\b/.test(one));
    could = on ? null : engine.can;
    app.dispatch({ type: 'welcome', ...engine, can });
  }

  function save() {
    timer = 0;
    const { history, document, selection } = app.state;
    if (!document || document === last) return;
    last = document;
    const whole = sizeOfHistory(history) < KEPT_BYTES ? { ...history, open: null } : null;
    kept.put(slot, { when: Date.now(), tab, document, selection, history: whole, origin }).then(() => { app.kept = document; });
  }

  app.on('state', (state, before) => {
    if (app.options.embedded || !state.document || state.document === before.document) return;
    if (state.job?.kind === 'fit' && state.job.state === 'running') timer ||= setTimeout(save, KEPT_PACE);
    else {
      clearTimeout(timer);
      timer = setTimeout(save, KEPT_REST);
    }
  });
  app.listen(window, 'pagehide', () => { if (!app.options.embedded) save(); });

  /** Tell an engine of what is open here, where it knows nothing of it or has another source; the document stays as it is. */
  async function again() {
    const { job, document } = app.state, { iteration, objective } = document.fit, { name, kind } = document.source;
    const says = (sentence, bad) => app.dispatch({ type: 'notice', notice: { sentence, remedy: 'What is open here can be seen and edited; open its file again to fit it.', bad } });
    if (job) app.dispatch({ type: 'done', job: job.id, reason: 'stopped', iteration, objective, parts: null });
    const known = origin ?? originOf(document), told = known ?? pointless(document);
    if (!known) fitsAgain(false);
    try {
      const { id } = await app.request('open', told.fields, told.arrays);
      if (known) origin = { ...known, id };
      else if (kind !== 'model') says(`The points of ${name} are not with the computer’s side any more.`, false);
    } catch (error) { says(error.sentence, true); }
  }
  app.on('declined', () => { if (app.state.document) again(); });

  function bringBack(known, job = null) {
    const { document, selection, history } = found;
    origin = found.origin;
    found = null;
    offer.replaceChildren();
    last = document;
    if (history) app.dispatch({ type: 'restore', history });
    else {
      app.dispatch({ type: 'open', document });
      if (selection.length) app.dispatch({ type: 'select', indices: selection, how: 'set' });
    }
    if (!known) again();
    else if (job !== null) app.dispatch({ type: 'begin', job, kind: 'fit' });  // it went on while the page was away
  }

  function offered() {
    const { document, when } = found, k = document.parts?.k;
    const what = k ? `, ${counted(k)} ${k === 1 ? 'component' : 'components'}` : '';
    return { words: `Go on with ${document.source.name}`, more: `${what}, ${agoOf(Date.now() - when)}` };
  }

  app.on('welcomed', async (welcome) => {
    could = null;
    const { source, first, job } = welcome;
    if (app.state.document) {
      if (source === null) again();
      return;
    }
    await ready;
    const known = found && source !== null && source === (found.origin?.id ?? found.document.source.id);
    if (found && !app.state.document && (known || (tab !== null && found.tab === tab))) bringBack(known, known ? job : null);
    else if (first || app.state.document) remind();
    else if (app.options.link) app.emit('fresh', welcome);
    else if (found) {
      const { words, more } = offered();
      offer.replaceChildren(el('button', { type: 'button', class: 'choose', onclick: () => bringBack(false) }, words), el('span', {}, more));
    }
  });

  /** The command brought a file: what was edited before is offered beside it, if it was that file. */
  function remind() {
    const tell = ({ document }) => {
      if (!document) return;
      opened();
      if (!found || document.source.name !== found.document.source.name || !found.document.parts) return;
      const { words, more } = offered();
      app.dispatch({ type: 'notice', notice: { sentence: `${words} as you left it${more}?`, remedy: null, bad: false, actions: [{ words: 'Go on', act: () => bringBack(false) }] } });
    };
    const opened = app.on('state', tell);
    tell(app.state);
  }

  return {
    update() {},
    destroy() {
      clearTimeout(timer);
      kept.close();
    },
  };
}
