// The time strip: play and step, how many, how to fit, the trace, and how many suit; and the same as a panel.

import { againFit, canFit, changeCount, fitJob, goTo, hasPoints, stepFit, stopFit, toggleFit } from './climb.js';
import { choiceView } from './choice.js';
import { isPicture, withHow } from './document.js';
import { attribute, el, fill, say } from './dom.js';
import { float } from './float.js';
import { counted, decimal, several, typed } from './format.js';
import { icon } from './icons.js';
import { trace, traceOf } from './trace.js';

const FAMILIES = { full: 'full: any ellipse', tied: 'tied: one ellipse for all', diag: 'diag: upright ellipses', spherical: 'spherical: circles' };
const START_NAMES = { kmeans: 'k-means', 'kmeans++': 'k-means++ seeds', random_from_data: 'random points of the data', partition: 'a partition of the space', hierarchical: 'clusters united one by one', random: 'nearly the same everywhere' };
const SHORT_STARTS = { kmeans: 'k-means', 'kmeans++': 'k-means++', random_from_data: 'from data', partition: 'partition', hierarchical: 'hierarchical', random: 'random' };
const SPOKEN = 10;  // every so many steps are said aloud

/** How a fit is set, in few words. */
function fitWords({ covariance_type, start, seed, prior }) {
  return [covariance_type, SHORT_STARTS[start] ?? start, `seed ${seed}`, prior ? 'prior' : null].filter(Boolean).join(' · ');
}

/** What goes on, as a sentence for eyes: [state, gain]. Pure. */
function fitState(state, line) {
  const { document: doc, job, history } = state, head = line.head;
  if (!doc) return ['', ''];
  const at = head && head.iteration !== null ? head.iteration : doc.fit.iteration, here = line.points.indexOf(head);
  const rise = here > 0 && line.points[here - 1].entry === head.entry ? head.value - line.points[here - 1].value : null;
  const gain = rise === null ? '' : `${rise < 0 ? '' : '+'}${decimal(rise, 4)} ${doc.fit.polish ? 'dB' : 'nats'}`;
  if (job?.kind === 'fit' && job.state === 'running') return [at ? `Fitting · ${counted(at)}` : 'Beginning', gain];
  if (history.seek !== null) return [`Looking at ${counted(at)}`, gain];
  if (job?.kind === 'fit') return [`Paused at ${counted(at)}`, gain];
  if (!doc.parts) return ['Nothing fitted yet', ''];
  if (head && head.iteration === null) return ['Edited by hand', ''];
  if (!line.points.length) return ['As opened', ''];
  return [{ converged: `Converged at ${counted(at)}`, limit: `Stopped at ${counted(at)}`, failed: `Failed at ${counted(at)}` }[history.entries[head.entry].reason] ?? `Ended at ${counted(at)}`, gain];
}

/** The stepper of K: minus, a number to type, plus. */
function stepper(app) {
  const input = el('input', { inputmode: 'numeric', 'aria-label': 'Number of components', autocomplete: 'off' });
  const by = (n) => changeCount(app, Math.max(1, Math.min(50000, app.state.document.fit.k + n)));
  const rest = () => app.dispatch({ type: 'rest' });
  const commit = () => { const k = Math.round(typed(input.value)); if (k >= 1 && k <= 50000) { changeCount(app, k); rest(); } input.value = app.state.document.fit.k; };
  input.addEventListener('blur', commit);
  input.addEventListener('keydown', (event) => {
    event.stopPropagation();
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.key === 'Enter') { commit(); input.select(); }
    if (way) { event.preventDefault(); by(way * (event.shiftKey ? 10 : 1)); input.value = app.state.document.fit.k; rest(); }
  });
  const less = el('button', { type: 'button', 'aria-label': 'One component fewer', onclick: () => { by(-1); rest(); } }, '−');
  const more = el('button', { type: 'button', 'aria-label': 'One component more', onclick: () => { by(1); rest(); } }, '+');
  return { element: el('span', { class: 'stepper', role: 'group', 'aria-label': 'Number of components' }, less, input, more), show(k) {
    less.disabled = k <= 1;
    input.style.width = `${Math.max(2, String(k).length) + 1}ch`;
    if (input.getRootNode().activeElement !== input) input.value = k;
  } };
}

/** How to fit, as fields: app -> view. */
function fitForm(app) {
  const fitted = (partial) => {
    const { document: doc } = app.state, next = withHow(doc, partial);
    if (next !== doc) app.dispatch({ type: 'edit', label: 'How to fit', document: next, merge: `fit:${Object.keys(partial)}` });
  };
  const choice = (key, label, options) => {
    const select = el('select', { 'aria-label': label, onchange: () => { fitted({ [key]: select.value }); app.dispatch({ type: 'rest' }); } }, Object.entries(options).map(([value, text]) => el('option', { value }, text)));
    return { row: el('div', { class: 'field' }, el('span', { class: 'label', 'aria-hidden': 'true' }, label), select), show: (fit) => { if (select.value !== fit[key]) select.value = fit[key]; } };
  };
  const number = (key, label, unit, valid) => {
    const input = el('input', { 'aria-label': label, inputmode: 'decimal', autocomplete: 'off' });
    const commit = () => { const value = typed(input.value); if (valid(value)) { fitted({ [key]: value }); app.dispatch({ type: 'rest' }); } input.value = app.state.document.fit[key]; };
    input.addEventListener('change', commit);
    input.addEventListener('keydown', (event) => { if (event.key === 'Enter') commit(); if (event.key !== 'Escape') event.stopPropagation(); });
    return { row: el('div', { class: 'field' }, el('span', { class: 'label', 'aria-hidden': 'true' }, label), el('span', { class: 'number' }, input, unit ? el('span', { class: 'unit' }, unit) : null)), show: (fit) => { if (input.getRootNode().activeElement !== input) input.value = fit[key]; } };
  };
  const tick = (key, label, explained, values = [false, true]) => {
    const box = el('input', { type: 'checkbox', onchange: () => { fitted({ [key]: values[Number(box.checked)] }); app.dispatch({ type: 'rest' }); } });
    return { row: el('label', { class: 'tick' }, box, el('span', {}, label, el('span', { class: 'faint' }, ` ${explained}`))), show: (fit) => { box.checked = !!fit[key]; } };
  };
  const whole = (low, high) => (v) => Number.isInteger(v) && v >= low && v <= high;
  const rows = [
    choice('covariance_type', 'Family', FAMILIES), choice('start', 'Start', START_NAMES), number('seed', 'Seed', '', whole(0, 2 ** 32 - 1)),
    number('tol', 'Stop below', 'nats', (v) => v >= 0 && v < 1e3), number('max_iter', 'At most', 'steps', whole(0, 1e5)),
    tick('prior', 'Prior:', 'keeps components from collapsing', [0, 1]), tick('polish', 'Polish:', 'least error of the painting, not EM'),
  ];
  const again = el('button', { type: 'button', class: 'plain wide', onclick: () => againFit(app) }, icon('again'), 'Fit anew'), note = el('p', { class: 'faint' }, 'Family, start and seed count when a fit begins anew.');
  return { element: el('div', { class: 'fit-form' }, rows.map(({ row }) => row), again, note), update({ document: doc, engine, link }) {
    if (!doc) return;
    for (const row of rows) row.show(doc.fit);
    const known = (engine?.can ?? []).filter((one) => one.startsWith('start:')).map((one) => one.slice(6));
    for (const each of rows[1].row.querySelectorAll('option')) each.hidden = each.disabled = known.length > 0 && !known.includes(each.value);
    rows[6].row.hidden = !isPicture(doc) || !(engine?.can ?? []).includes('polish');
    rows[5].row.hidden = isPicture(doc);
    again.disabled = !canFit({ document: doc, engine, link });
  } };
}

/** The strip below: app -> view. Its element has no box of its own. */
export function timeStrip(app) {
  const play = el('button', { type: 'button', class: 'play', onclick: () => toggleFit(app) }, icon('play'));
  const tool = (name, label, title, act) => el('button', { type: 'button', class: 'tool', 'aria-label': label, title, onclick: act }, icon(name));
  const one = tool('step', 'One step', 'One step (.)', () => stepFit(app)), again = tool('again', 'Start again', 'The same fit from its start', () => againFit(app)), stop = tool('stop', 'Stop', 'Stop: the fit ends here', () => stopFit(app));
  const words = el('div'), gain = el('div', { class: 'faint' }), spoken = el('div', { class: 'visually-hidden', 'aria-live': 'polite', role: 'status' });
  const count = stepper(app), chip = el('button', { type: 'button', class: 'chip', 'aria-haspopup': 'dialog', 'aria-expanded': 'false', title: 'How to fit' });
  const form = fitForm(app), sheet = float(app, { kind: 'popover fit-popover', label: 'How to fit' });
  sheet.element.append(el('h2', {}, 'How to fit'), form.element);
  chip.addEventListener('click', () => {
    sheet.toggle(chip);
    const box = chip.getBoundingClientRect(), host = app.host.getBoundingClientRect();
    sheet.element.style.left = `${Math.max(8, box.left - host.left)}px`;
    sheet.element.style.bottom = `${host.bottom - box.top + 8}px`;
  });
  const keys = el('div', { class: 'keys' }, play, one, again, stop, el('div', { class: 'state num' }, words, gain));
  const transport = el('div', { class: 'transport' }, keys, el('div', { class: 'chips' }, count.element, chip), spoken);
  const line = trace(app, (place) => goTo(app, place)), choice = choiceView(app);
  const element = el('div', { class: 'time-view', style: 'display: contents' }, transport, line.element, choice.element);
  let icons = 'play', said = '';

  function speak(text) { if (text !== said) { said = text; say(spoken, text); } }

  function update(state, before) {
    line.update(state, before);
    choice.update(state, before);
    const doc = state.document;
    if (before && before.document === doc && before.job === state.job && before.history === state.history && before.engine === state.engine && before.link === state.link) return;
    const job = fitJob(state), running = job?.state === 'running', can = canFit(state), [now, rise] = fitState(state, line.now);
    if (icons !== (running ? 'pause' : 'play')) { icons = running ? 'pause' : 'play'; fill(play, icon(icons)); }
    attribute(play, 'aria-label', running ? 'Pause' : job || doc?.parts ? 'Go on fitting' : 'Fit');
    attribute(play, 'title', doc && !hasPoints(doc) ? 'A model alone has no points to be fitted to' : `${running ? 'Pause' : job || doc?.parts ? 'Go on fitting' : 'Fit'} (K)`);
    play.disabled = one.disabled = again.disabled = !can;
    one.disabled = !can && state.history.seek === null;
    stop.hidden = !job; again.hidden = !!job;
    say(words, now); say(gain, rise);
    if (doc) { count.show(doc.fit.k); say(chip, fitWords(doc.fit)); }
    form.update(state);
    const iteration = line.now.head?.iteration ?? 0;
    if (!running || (iteration > 0 && iteration % SPOKEN === 0)) speak(running ? `${now.replace(' · ', ', step ')}, ${doc.fit.polish ? 'likeness' : 'log likelihood'} ${decimal(line.now.head.value, 3)}` : now);
  }
  return { element, update, destroy() { line.destroy(); choice.destroy(); } };
}

/** The same as a card of the panel, where the strip has no room for it: app -> view. */
export function fitPanel(app) {
  const points = el('span', { class: 'faint num' }), count = stepper(app), form = fitForm(app), choice = choiceView(app), state = el('span', { class: 'soft num' });
  const word = (name, text, act) => el('button', { type: 'button', class: 'plain', onclick: act }, icon(name), text);
  const one = word('step', 'Step', () => stepFit(app)), stop = word('stop', 'Stop', () => stopFit(app));
  const element = el('section', { class: 'card fit' }, el('header', {}, el('h2', {}, 'Fit'), points),
    el('div', { class: 'steps' }, one, stop, state),
    el('div', { class: 'field' }, el('span', { class: 'label', 'aria-hidden': 'true' }, 'Gaussians'), count.element), form.element, choice.element);
  return { element, update(now, before) {
    const doc = now.document;
    choice.update(now, before);
    if (!doc || (before && before.document === doc && before.engine === now.engine && before.link === now.link && before.job === now.job && before.history === now.history)) return;
    say(points, doc.source.n ? several(doc.source.n, 'point') : '');
    say(state, element.offsetParent === null ? '' : fitState(now, traceOf(now.history))[0]);
    one.disabled = !canFit(now) && now.history.seek === null;
    stop.disabled = !fitJob(now);
    count.show(doc.fit.k);
    form.update(now);
  }, destroy() { choice.destroy(); } };
}
