// How many: criteria against K for tables, likeness and bytes for pictures.

import { againFit, canFit, changeCount, hasPoints, startScores } from './climb.js';
import { pathOf } from './curves.js';
import { isColoured, isPicture } from './document.js';
import { attribute, el, fill, svg } from './dom.js';
import { bytesText, counted, decimal, several } from './format.js';
import { likeness } from './likeness.js';
import { bytesOfModel } from './modelfile.js';

const METRICS = { bic: 'BIC', icl: 'ICL', aic: 'AIC', stability: 'Stability' };
const LEVEL_STABILITY = 0.005, FAINT_STABILITY = 0.6;  // what is no difference, and hardly a structure: see em/choice.py
const CHART_WIDE = 128, CHART_HIGH = 86;

/** The best of the scores by a criterion, as `Choice.best` has it: the smallest; by stability the most components of those as stable as any; null without numbers. Pure. */
function bestOf(scores, metric) {
  const known = scores.filter((one) => Number.isFinite(one[metric]));
  if (!known.length) return null;
  if (metric !== 'stability') return known.reduce((best, one) => (one[metric] < best[metric] ? one : best));
  const first = known.reduce((best, one) => (one.stability > best.stability ? one : best)), least = first.stability - Math.max(first.spread ?? 0, LEVEL_STABILITY);
  return known.filter(({ stability }) => stability >= least).reduce((best, one) => (one.k > best.k ? one : best));
}

/** Values [k, v, spread] as places in the chart: [x, y, the ends of the spread] each. */
function placed(values, low, high) {
  const ks = values.map(([k]) => k), first = Math.min(...ks), last = Math.max(...ks), ends = values.flatMap(([, v, spread = 0]) => [v - spread, v + spread]), down = Math.min(...ends), up = Math.max(...ends);
  const height = (v) => (up > down ? low + (high - low) * (v - down) / (up - down) : (low + high) / 2);
  return values.map(([k, v, spread = 0]) => [last > first ? 6 + 114 * (k - first) / (last - first) : 63, height(v), height(v - spread), height(v + spread)]);
}

/** The chart and its words: app -> view. */
export function choiceView(app) {
  const chart = svg('svg', { viewBox: `0 0 ${CHART_WIDE} ${CHART_HIGH}` }), words = el('div', { class: 'words' }), element = el('div', { class: 'choice' }, chart, words);
  let metric = 'bic', like = { dB: null, k: null }, seen = new Map(), source = null, asked = '';
  const measured = likeness(app, (dB, document) => {
    like = { dB, k: document.parts.k };
    if (document.source === app.state.document?.source) seen.set(document.parts.k, dB);
    show(app.state);
  });

  function points(values, now, best, choose, label) {
    const at = placed(values, 66, 8), dots = at.map(([x, y, least, most], j) => {
      const k = values[j][0], on = k === now;
      const dot = [least === most ? null : svg('path', { class: 'spread', d: `M${x} ${least}V${most}` }), svg('circle', { class: `dot${on ? ' on' : ''}${k === best && !on ? ' best' : ''}`, cx: x.toFixed(1), cy: y.toFixed(1), r: on ? 4.5 : 2.6 }), svg('title', {}, label(values[j]))];
      if (!choose) return svg('g', {}, dot);
      return svg('g', { role: 'button', tabindex: 0, class: 'take-k', 'aria-label': `Take ${several(k, 'component')}: ${label(values[j])}`, onclick: () => choose(k),
        onkeydown: (event) => { if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); event.stopPropagation(); choose(k); } } },
      svg('rect', { class: 'reach', x: x - 7, y: 0, width: 14, height: 72 }), ...dot);
    });
    const ends = values.length > 1 ? [svg('text', { x: at[0][0], y: 82, 'text-anchor': 'middle' }, counted(values[0][0])), svg('text', { x: at[at.length - 1][0], y: 82, 'text-anchor': 'middle' }, counted(values[values.length - 1][0]))] : [];
    return [svg('path', { class: 'path', d: pathOf(at) }), ends, dots];
  }

  const choose = (k) => { if (k !== app.state.document.parts?.k && canFit(app.state)) againFit(app, { k }); };

  function ofTable(state) {
    if (!hasPoints(state.document)) {
      fill(chart); chart.classList.add('empty');
      return [];
    }
    const { scores, document: doc, job } = state, best = bestOf(scores, metric), stable = metric === 'stability', can = canFit(state) && (state.engine?.can ?? []).includes(stable ? 'score:stability' : 'score');
    const values = scores.filter((one) => Number.isFinite(one[metric])).map((one) => [one.k, one[metric], stable ? one.spread ?? 0 : 0]), spelled = new Map(values.map(([k, v, spread]) => [k, stable ? `${decimal(v, 2)} ± ${decimal(spread, 2)}` : decimal(v, 1)]));
    const waiting = job?.kind === 'score' && stable === (job.criterion === 'stability'), known = Object.keys(METRICS).filter((key) => key === 'stability' || scores.some((one) => Number.isFinite(one[key])));
    attribute(chart, 'role', 'group'); attribute(chart, 'aria-label', `${METRICS[metric]} against the number of components`);
    fill(chart, values.length ? points(values, doc.parts?.k ?? 0, best?.k, choose, ([k]) => `K ${k}: ${METRICS[metric]} ${spelled.get(k)}`) : []);
    chart.classList.toggle('empty', !values.length);
    const title = el('button', { type: 'button', class: 'big', title: 'Another criterion', 'aria-label': `${METRICS[metric]}: another criterion`, onclick: () => { metric = known[(known.indexOf(metric) + 1) % known.length]; show(app.state, true); } }, METRICS[metric]);
    const missing = stable ? unstable(state) : [], ask = (label) => el('button', { type: 'button', class: 'plain', disabled: !can || job !== null, onclick: stable ? compareStability : compare }, label);
    if (stable && !(state.engine?.can ?? []).includes('score:stability')) return [title, el('div', { class: 'soft' }, 'not in this page: mixtura studio has it')];
    const told = waiting ? el('div', { class: 'soft num', role: 'status' }, stable ? `${missing.length} of ${lastCount(state) - 1} to go` : values.length ? `so far likes ${best.k}` : 'comparing…') : null;
    if (!values.length) return [title, told ?? el('div', { class: 'soft' }, stable ? 'do halves agree?' : 'how many suit?'), waiting ? null : ask('Compare K')];
    const faint = stable && best.stability < FAINT_STABILITY, verdict = faint ? 'no K is stable' : `likes ${best.k} best`;
    if (!waiting && missing.length) return [title, el('div', { class: 'soft num' }, `${missing.length} of ${lastCount(state) - 1} to go`), ask('Go on')];
    return [title, told ?? el('div', { class: 'soft num' }, verdict),
      faint ? null : best.k !== doc.parts?.k ? el('button', { type: 'button', class: 'plain', disabled: !canFit(state), onclick: () => choose(best.k) }, `Take ${best.k}`) : el('div', { class: 'faint' }, 'and this it is')];
  }

  /** The numbers of components whose stability nobody has asked for. */
  function unstable(state) {
    const known = new Set(state.scores.filter(({ stability }) => stability !== undefined).map(({ k }) => k));
    return Array.from({ length: Math.max(0, lastCount(state) - 1) }, (_, i) => i + 2).filter((k) => !known.has(k));
  }

  function compareStability() {
    const { state } = app, mine = comparison.of === keyOf(state.document) || !state.scores.length, missing = mine ? unstable(state) : unstable({ ...state, scores: [] });
    comparison.of = keyOf(state.document);
    if (missing.length) startScores(app, missing[0], missing.at(-1), { keep: mine, criterion: 'stability' });
  }

  const lastCount = ({ document: doc, scores }) => Math.max(1, Math.min(doc.source.n || 9, 30, Math.max(9, (doc.parts?.k ?? 0) + 3, ...scores.map(({ k }) => k))));
  // A table's first fit of a family is compared by itself, once all rests. A fit that comes between is let through, and
  // then the comparison goes on where it was: it was stopped, where the engine ends it before the last K.
  const comparison = { of: '', job: null, last: 0, left: false, timer: 0 };
  const keyOf = (doc) => `${doc.source.id} ${doc.fit.covariance_type}`;
  const heard = app.on('message', ({ type, job }) => {
    if (job !== comparison.job) return;
    if (type === 'failed') comparison.left = false;
    if (type === 'scored') comparison.left = firstUnknown(app.state.scores) <= comparison.last;
  });

  function firstUnknown(scores) {
    const known = new Set(scores.map(({ k }) => k));
    let first = 1;
    while (known.has(first)) first++;
    return first;
  }

  function compare() {
    const { document: doc, scores } = app.state, on = comparison.of === keyOf(doc) && comparison.left && scores.length > 0;
    const first = firstUnknown(on ? scores : []), last = lastCount(app.state);
    Object.assign(comparison, { of: keyOf(doc), last, left: first <= last });
    if (first <= last) comparison.job = startScores(app, first, last, { keep: on });
  }

  function compareSoon({ document: doc, job, scores }) {
    if (!comparison.of && scores.length) comparison.of = keyOf(doc);  // what is compared already, by whoever asked for it
    const wanted = !job && ['converged', 'limit'].includes(doc.fit.reason) && (comparison.left || comparison.of !== keyOf(doc));
    if (wanted === comparison.timer > 0) return;
    clearTimeout(comparison.timer);
    comparison.timer = !wanted ? 0 : setTimeout(() => {
      comparison.timer = 0;
      if (app.state.document?.parts && !app.state.job) compare();
    }, 700);
  }

  function ofPicture(state) {
    const doc = state.document, parts = doc.parts, bytes = parts ? bytesText(bytesOfModel(parts, doc.fit.covariance_type)) : '';
    if (!isColoured(doc) || !doc.source.picture) {
      fill(chart); chart.classList.add('empty');
      return parts ? [el('div', { class: 'big num' }, bytes), el('div', { class: 'soft' }, 'as .mix'), doc.source.n ? el('div', { class: 'faint num' }, `${counted(doc.source.n / parts.k)} points each`) : null] : [];
    }
    const values = [...seen].sort((a, b) => a[0] - b[0]);
    fill(chart, values.length ? points(values, parts?.k, null, canFit(state) ? (k) => changeCount(app, k) : null, ([k, v]) => `${counted(k)} components: ${decimal(v, 1)} dB`) : []);
    chart.classList.toggle('empty', values.length < 2);
    attribute(chart, 'role', 'group'); attribute(chart, 'aria-label', 'Likeness in dB against the number of components');
    const fresh = like.dB !== null && like.k === parts?.k;
    return parts ? [el('div', { class: 'big num' }, fresh ? `${decimal(like.dB, 1)}\u00a0dB` : '– dB'), el('div', { class: 'soft' }, 'like the original'), el('div', { class: 'faint num' }, `${bytes} as .mix`)] : [];
  }

  function show(state, force = false) {
    const doc = state.document;
    element.hidden = !doc;
    if (!doc) return;
    const key = JSON.stringify([metric, state.scores, doc.parts?.k, state.job?.kind, state.link, like, [...seen], doc.fit.covariance_type, state.engine?.can]);
    if (key === asked && !force) return;
    asked = key;
    fill(words, isPicture(doc) ? ofPicture(state) : ofTable(state));
  }

  function update(state, before) {
    const doc = state.document;
    if (doc && doc.source !== source) { source = doc.source; seen = new Map(); like = { dB: null, k: null }; asked = ''; }
    if (before && before.document === doc && before.scores === state.scores && before.job === state.job && before.link === state.link && before.engine === state.engine) return;
    show(state);
    if (!doc?.parts) return;
    if (element.offsetParent === null) return;  // one of the two that show it is not to be seen
    if (isPicture(doc)) { if (isColoured(doc) && doc.source.picture && !state.job) measured.soon(doc); return; }
    compareSoon(state);
  }
  return { element, update, destroy() { measured.destroy(); clearTimeout(comparison.timer); heard(); } };
}
