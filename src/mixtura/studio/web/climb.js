// What fits do when one asks: begin, pause, go on, one step, back. Buttons and keys share it.

import { isPicture } from './document.js';
import { setCount } from './edits.js';
import { lineOf } from './history.js';
import { partArrays } from './wire.js';

/** The message that begins a fit of a document: from nothing, or with its parts. Pure. */
function fitMessage(document, job, { paused = false, from = document.parts } = {}) {
  const { k, covariance_type, start, seed, tol, max_iter, prior, polish } = document.fit;
  const head = { job, k, covariance_type, start, seed, tol, max_iter, prior, polish: polish && isPicture(document), paused };
  if (!from) return [head, {}];
  return [head, { ...partArrays(from), pins: document.pins }];
}

/** The fit that runs or waits, or null. */
export function fitJob(state) {
  return state.job?.kind === 'fit' ? state.job : null;
}

/** Whether there is something to fit to: a model alone has no points. */
export function hasPoints({ source }) {
  return source.n > 0;
}

/** Whether fits can be asked for now. */
export function canFit(state) {
  return !!state.document && hasPoints(state.document) && state.link !== 'lost' && (state.engine?.can ?? []).includes('fit');
}

/** A fit from nothing, or from the parts that are there; what is asked for is in `document.fit`. */
export function startFit(app, { anew = false, paused = false, document = app.state.document } = {}) {
  if (!canFit(app.state)) {
    if (document && !hasPoints(document)) app.dispatch({ type: 'notice', notice: { sentence: `${document.source.name} is a model alone, without points.`, remedy: 'To fit, open the table or the picture that it is of.', bad: false } });
    return null;
  }
  if (app.state.job?.kind === 'score') app.send('stop', { job: app.state.job.id });
  const job = app.job(), fresh = anew || !document.parts, k = document.pins.length, fit = { ...document.fit, iteration: 0, objective: null, criteria: null, reason: null, made: null, continued: !(anew || !document.parts) };
  const blank = { pins: new Uint8Array(k), hidden: new Uint8Array(k), names: new Array(k).fill(null), colours: new Array(k).fill(null) };
  const before = fresh ? { ...document, ...blank, byHand: false, fit } : { ...document, fit };  // old parts stay in sight until the first step
  app.dispatch({ type: 'begin', job, kind: 'fit', document: before, label: fresh ? 'Fit' : 'Fit on', paused });
  app.send('fit', ...fitMessage(before, job, { paused, from: fresh ? null : before.parts }));
  return job;
}

/** Fit, pause, or go on: one button. */
export function toggleFit(app) {
  const { state } = app, job = fitJob(state);
  if (job?.state === 'running') { app.send('pause', { job: job.id }); app.dispatch({ type: 'pause', job: job.id }); return; }
  if (job && state.history.seek === null) { app.send('resume', { job: job.id }); app.dispatch({ type: 'resume', job: job.id }); return; }
  startFit(app);
}

/** One step: to the next that is kept where one looks back, else one more of the fit, whose first shows where it begins. */
export function stepFit(app) {
  const { state } = app, { history } = state, entry = history.entries[history.at];
  if (history.seek !== null) { app.dispatch({ type: 'seek', step: history.seek + 1 < entry.steps.length - 1 ? history.seek + 1 : null }); return; }
  const job = fitJob(state);
  if (job?.state === 'running') { app.send('pause', { job: job.id }); app.dispatch({ type: 'pause', job: job.id }); return; }
  const id = job ? job.id : startFit(app, { paused: true });
  if (id !== null && (job || state.document.parts)) app.send('step', { job: id, count: 1 });
}

/** The same fit once more from its start. */
export function againFit(app, fit = {}) {
  const { document } = app.state;
  if (document) startFit(app, { anew: true, document: { ...document, fit: { ...document.fit, ...fit } } });
}

/** Leave a fit where it is; what it found stays. */
export function stopFit(app) {
  const job = fitJob(app.state);
  if (job) app.send('stop', { job: job.id });
}

/** To a stop of the trace: {entry, step}. */
export function goTo(app, { entry, step }) {
  const { history, job } = app.state, last = history.entries[entry].steps.length - 1;
  if (job?.kind === 'fit' && job.state === 'running') { app.send('pause', { job: job.id }); app.dispatch({ type: 'pause', job: job.id }); }
  if (entry === history.at) app.dispatch({ type: 'seek', step: step === last ? null : step });
  else app.dispatch({ type: 'go', entry, step });
}

/** To a step of the fit on the screen, or of the last one before it: 0 is the first, Infinity the last. */
export function seekTo(app, step) {
  const { history } = app.state, line = lineOf(history), before = line.slice(0, line.indexOf(history.at) + 1).map((id) => history.entries[id]);
  const fit = before.reverse().find((entry) => entry.steps.length);
  if (fit) goTo(app, { entry: fit.id, step: Math.min(step, fit.steps.length - 1) });
}

/** Another number of components: the heaviest are split or the nearest merged, and a fit that runs goes on. */
export function changeCount(app, k) {
  const { document } = app.state, running = fitJob(app.state)?.state === 'running', next = setCount(document, k);
  if (next === document) return;
  app.dispatch({ type: 'edit', label: document.parts ? `${document.fit.k} to ${k} components` : `${k} components`, document: next, merge: 'count', ...(k < (document.parts?.k ?? 0) ? { selection: [] } : {}) });
  if (running) startFit(app, { document: next });
}

/** Fits of every K in the background, for the chart; `keep` what is known already. */
export function startScores(app, from, to, { keep = false, criterion = 'bic' } = {}) {
  if (app.state.job || !canFit(app.state) || !(app.state.engine?.can ?? []).includes('score')) return null;
  const job = app.job(), { covariance_type, seed } = app.state.document.fit;
  app.dispatch({ type: 'begin', job, kind: 'score', keep, criterion });
  app.send('score', { job, from, to, covariance_type, seed, criterion });
  return job;
}
