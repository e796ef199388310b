// Messages: what the engine says becomes actions, what changes here is told to the engine.

import { newDocument } from './document.js';
import { partArrays, partsIn } from './wire.js';

const EDIT_REST = 100;  // ms between two edits told to the engine
const OF_FITS = new Set(['fit', 'pause', 'resume', 'step', 'stop', 'score']);

/** The document of an `opened` message. */
export function documentOf(message) {
  const { arrays, columns, n } = message, d = columns.length, points = arrays.points;
  const picture = arrays.picture?.length ? { width: message.width, height: message.height, bytes: arrays.picture } : null;
  const source = {
    id: message.id, kind: message.kind, name: message.name, columns, n, d, frame: message.frame, picture,
    threshold: message.threshold, points, whole: points.length === d * n, types: message.types, allColumns: message.all_columns,
  };
  const parts = partsIn(message);
  const fit = message.covariance_type ? { covariance_type: message.covariance_type } : {};
  const made = newDocument(source, parts, { fit, look: message.keep ?? {} });
  if (!parts) return made;
  const { pins, hidden } = arrays, { names, colours } = message;
  return { ...made, ...(pins && { pins }), ...(hidden && { hidden }), ...(names && { names }), ...(colours && { colours }) };
}

/** Speak with an engine over a transport; `app` is told what it says. */
export function talk(app, transport) {
  let seq = 0, revision = 0, timer = 0, told = {};
  const waiting = new Map(), opening = new Set();
  let later = [];  // of fits, which are to be of what is opened now

  function send(type, fields = {}, arrays = {}) {
    if (opening.size && OF_FITS.has(type)) return later.push([type, fields, arrays]);
    seq += 1;
    return transport.send({ type, seq, ...fields }, arrays) ? seq : null;
  }

  /** The first answer to a message: a promise, which fails with {sentence, remedy}. */
  function request(type, fields = {}, arrays = {}) {
    return new Promise((resolve, reject) => {
      const sent = send(type, fields, arrays);
      if (sent === null) reject({ sentence: 'The computer’s side does not answer now.', remedy: 'What is open here stays; try again when it is back.' });
      else waiting.set(sent, { resolve, reject });
      if (sent !== null && type === 'open') opening.add(sent);
    });
  }

  function answered(message) {
    const asked = waiting.get(message.re);
    if (!asked) return false;
    waiting.delete(message.re);
    if (message.type === 'failed') asked.reject(message);
    else asked.resolve(message);
    if (opening.delete(message.re) && !opening.size) for (const each of later.splice(0)) send(...each);
    return true;
  }

  const current = ({ job }) => app.state.job !== null && job === app.state.job.id;

  const heard = {
    welcome({ engine, can, samples, limits }) {
      told = {};
      app.dispatch({ type: 'welcome', engine, can, samples, limits });
    },
    step(message) {
      const { job, iteration, objective, gain, stage } = message;
      if (current(message)) app.dispatch({ type: 'step', job, iteration, objective, gain, stage, parts: partsIn(message) });
    },
    done(message) {
      const { job, reason, iteration, objective, bic, icl, aic, psnr = null } = message;
      if (!current(message)) return;
      const criteria = bic === null ? null : { bic, icl, aic };
      app.dispatch({ type: 'done', job, reason, iteration, objective, parts: partsIn(message), criteria, psnr });
    },
    paused(message) { if (current(message)) app.dispatch({ type: 'pause', job: message.job }); },
    score({ job, k, bic, icl, aic, stability = null, spread = null, why = null }) { app.dispatch({ type: 'score', job, k, bic, icl, aic, stability, spread, why }); },
    scored(message) { if (current(message)) app.dispatch({ type: 'done', job: message.job, reason: 'scored' }); },
    failed(message) {
      const { job, sentence, remedy } = message;
      if (job !== null) app.dispatch({ type: 'failed', job, sentence, remedy });
      else app.dispatch({ type: 'notice', notice: { sentence, remedy, bad: true } });
    },
  };

  transport.onmessage = (message) => {
    if (!answered(message)) heard[message.type]?.(message);
    app.emit('message', message);
    if (message.type === 'welcome') app.emit('welcomed', message);
  };

  transport.onstate = (link, more = {}) => {
    app.dispatch({ type: 'link', link });
    app.emit('link', { link, ...more });
    if (link === 'open') return;
    for (const { reject } of waiting.values()) reject({ sentence: 'The computer’s side went away in the middle of this.', remedy: 'Try again when it is back.' });
    waiting.clear();
    opening.clear();
    later = [];
  };

  /** What the engine should know of the document: at most ten times a second, never in the middle of a fit. */
  function tell() {
    timer = 0;
    const { document, selection, job, link } = app.state;
    if (!document?.parts || link === 'lost' || (job?.kind === 'fit' && job.state === 'running')) return;
    if (told.parts === document.parts && told.pins === document.pins && told.selection === selection) return;
    revision += 1;
    const arrays = { ...partArrays(document.parts), pins: document.pins, selection: Uint32Array.from(selection) };
    if (send('edit', { revision }, arrays)) told = { parts: document.parts, pins: document.pins, selection };
  }

  app.on('state', (state, before, action) => {
    const fit = before.job?.kind === 'fit' ? before.job : null;
    if (fit && state.job?.id !== fit.id && action.type !== 'done') send('stop', { job: fit.id });
    if (!timer && (state.document !== before.document || state.selection !== before.selection || state.job !== before.job)) timer = setTimeout(tell, EDIT_REST);
  });

  return {
    send, request,
    hurry: () => transport.hurry?.(),
    close() {
      clearTimeout(timer);
      for (const {reject} of waiting.values()) reject({sentence: 'The studio was closed.', remedy: ''});
      waiting.clear();
      transport.onmessage = transport.onstate = null;
      transport.close();
    },
  };
}
