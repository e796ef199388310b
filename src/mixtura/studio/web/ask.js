// Ask: what the mixture believes at a place, or of a box. Those answer that are shown, as they paint the picture.

import { boxAnswer, colourAnswer, columnAnswers, densityOf, placeAnswer } from './answers.js';
import { densityCurves } from './curves.js';
import { colourOf, hexOf, isColoured, isPicture, nameOf, shownParts } from './document.js';
import { attribute, el, fill, say } from './dom.js';
import { counted, decimal, decimalsOf, percent, several, significant } from './format.js';

const CHANNELS = [['red', '#d0463b'], ['green', '#3f9654'], ['blue', '#4a74d8']];
const MOST_COLUMNS = 12;
const TOLD_AFTER = 400;  // ms that a place stays before it is read out

/** The panel: app -> view. */
export function askPanel(app) {
  const title = el('h2'), clear = el('button', { type: 'button', onclick: () => app.dispatch({ type: 'ask', ask: null }) }, 'Clear');
  const links = el('div', { class: 'links' }, clear), body = el('div', { class: 'answers' }), told = el('div', { class: 'visually-hidden', role: 'status' });
  const choices = el('div', { class: 'segments small', role: 'group', 'aria-label': 'What is given' }), given = el('div', { class: 'given' }, el('span', { class: 'soft' }, 'given'), choices);
  const element = el('section', { class: 'card ask' }, el('header', {}, title, links), given, body, told);
  let telling = 0;
  let known = 'first';  // which of the columns shown are given in a table: first, second, both

  const digitsOf = (doc, axis) => (isPicture(doc) ? 0 : decimalsOf((doc.range[2 * axis + 1] - doc.range[2 * axis]) / 3));
  const valued = (doc, axis, value) => decimal(value, digitsOf(doc, axis));

  function people(doc, who) {
    const { ids } = shownParts(doc);
    return el('div', { class: 'who' }, who.map(({ i: at, share }) => {
      const i = ids[at], bar = el('i');
      bar.style.width = `${100 * share}%`;
      const dot = el('i', { class: 'dot' });
      dot.style.background = colourOf(doc, i);
      const choose = () => app.dispatch({ type: 'select', indices: [i], how: 'set' });
      return el('button', { type: 'button', class: 'answerer', title: nameOf(doc, i), 'aria-label': `${nameOf(doc, i)}, ${percent(share).replace('\u202f', ' ')}`, onclick: choose,
        onpointerenter: () => app.dispatch({ type: 'hover', index: i }), onpointerleave: () => app.dispatch({ type: 'hover', index: -1 }) },
      dot, el('span', { class: 'bar' }, bar), el('span', { class: 'value' }, percent(share)));
    }));
  }

  function ofPicture(doc, place) {
    const { parts } = shownParts(doc), { logDensity, who } = placeAnswer(parts, [0, 1], place), height = el('span', { class: 'soft num' }, `log density ${decimal(logDensity, 2)}`);
    if (!who.length) return [nowhere()];
    if (!isColoured(doc)) return [el('div', { class: 'answer' }, el('div', {}, height, el('br'), el('span', { class: 'soft num' }, `${significant(Math.exp(logDensity) * (doc.source.n || 1), 3)} points a pixel`))), people(doc, who)];
    const { given: colours, mean, spread } = colourAnswer(parts, place), patch = el('i', { class: 'patch' }), code = hexOf(mean);
    patch.style.background = code;
    const curves = CHANNELS.map(([name, stroke], c) => ({ name, stroke, values: densityOf(colours, c, 0, 255, 129) }));
    const words = CHANNELS.map(([name], c) => `${name} ${Math.round(mean[c])} plus or minus ${Math.round(spread[c])}`).join(', ');
    return [
      el('div', { class: 'answer' }, patch, el('div', {}, el('b', {}, code), el('span', { class: 'soft num', title: `Standard deviations of red, green and blue: ${spread.map((s) => decimal(s, 1)).join(', ')}` }, ` ± ${Math.round((spread[0] + spread[1] + spread[2]) / 3)}`), el('br'), height)),
      densityCurves(curves, 256, 52, `The conditional densities: ${words}`),
      people(doc, who)];
  }

  function ofTable(doc, place) {
    const { axes } = doc, { parts, ids } = shownParts(doc), { logDensity, who } = placeAnswer(parts, axes, place), flat = axes.length === 1;
    if (!who.length) return [nowhere()];
    const pick = { first: [0], second: [1], both: [0, 1] }[flat ? 'first' : known], fixed = Object.fromEntries(pick.map((j) => [axes[j], place[j]]));
    const lines = [el('div', { class: 'answer' }, el('div', {}, el('span', { class: 'soft' }, 'log density '), el('b', {}, decimal(logDensity, 2)), el('br'), el('span', { class: 'soft' }, 'label '), el('b', { class: 'label-name' }, nameOf(doc, ids[who[0].i]))))];
    if (pick.length < parts.d) {
      const answers = columnAnswers(parts, fixed);
      lines.push(...answers.slice(0, MOST_COLUMNS).map((answer) => columnLine(doc, answer)));
      if (answers.length > MOST_COLUMNS) lines.push(el('p', { class: 'faint' }, `and ${answers.length - MOST_COLUMNS} more columns`));
    }
    return [...lines, people(doc, who)];
  }

  function columnLine(doc, { column, at, given: mixture, mean, spread, low, high }) {
    const [from, to] = [doc.range[2 * column], doc.range[2 * column + 1]], digits = Math.max(digitsOf(doc, column), decimalsOf(spread)), name = doc.source.columns[column];
    const text = (v) => decimal(v, Math.min(6, digits));
    return el('div', { class: 'column' },
      el('div', { class: 'expected num' }, el('b', {}, 'E[', el('span', { class: 'column-name' }, name), `] = ${text(mean)}`), el('span', { class: 'soft' }, ` ± ${text(spread)}`)),
      densityCurves([{ values: densityOf(mixture, at, from, to, 129) }], 256, 34, `The density of ${name}: mean ${text(mean)}, 95 percent from ${text(low)} to ${text(high)}`),
      el('div', { class: 'interval faint num' }, `95\u202f%: ${text(low)} to ${text(high)}`));
  }

  function ofBox(doc, box) {
    const { mass, share, low, high } = boxAnswer(shownParts(doc).parts, doc.axes, box, doc.source.points, doc.source.d), n = doc.source.n;
    const sides = doc.axes.map((axis, j) => el('p', { class: 'soft num' }, `${isPicture(doc) ? 'xy'[j] : doc.source.columns[axis]} from ${valued(doc, axis, low[j])} to ${valued(doc, axis, high[j])}`));
    return [el('div', { class: 'answer' }, el('div', {}, el('b', {}, percent(mass)), el('span', { class: 'soft' }, ' of the mixture'), n ? [el('br'), el('span', { class: 'soft num' }, `${counted(mass * n)} points expected`)] : null,
      share === null || isPicture(doc) ? null : [el('br'), el('span', { class: 'soft num' }, `${counted(share * n)} ${doc.source.whole ? 'are there' : 'are there, by a sample'} (${percent(share)})`)])), ...sides];
  }
  const leftOut = (doc) => doc.parts.k - shownParts(doc).ids.length;
  const without = (doc) => el('p', { class: 'faint' }, leftOut(doc) === doc.parts.k ? 'Nothing is shown, so nothing answers: show a component.'
    : `${several(leftOut(doc), 'component')} ${leftOut(doc) > 1 ? 'are' : 'is'} not shown, and left out here as in the picture; a fit counts ${leftOut(doc) > 1 ? 'them' : 'it'}.`);
  const nowhere = () => el('p', { class: 'soft' }, 'So far from every component, the mixture says nothing: the density is zero to the last digit.');

  function update(state, before) {
    const was = before?.document, doc = state.document;
    if (before && before.ask === state.ask && (was === doc || (was && doc && ['source', 'parts', 'axes', 'names', 'colours', 'hidden'].every((key) => was[key] === doc[key]) && was.look.ink === doc.look.ink && was.look.count === doc.look.count))) return;
    show(state);
  }

  function show(state) {
    const doc = state.document, ask = doc?.parts ? state.ask : null;
    clear.hidden = !ask;
    tell(ask);
    const table = !!doc && !isPicture(doc);
    given.hidden = !ask?.place || !table || doc.axes.length < 2;
    if (!ask) {
      say(title, 'Ask');
      if (doc) fill(body, el('p', { class: 'soft' }, isColoured(doc) ? 'With the tool Ask, click a place: the mixture tells its colour, how sure it is, and who says so. Drag out a box for its mass.' : 'With the tool Ask, click a place: the mixture tells the density there, what it expects of the other columns, and who says so. Drag out a box for its mass.'));
      return;
    }
    const numbers = (place) => doc.axes.map((axis, j) => valued(doc, axis, place[j])).join(', ');
    say(title, ask.box ? 'In this box' : `Here, at ${numbers(ask.place)}`);
    if (!given.hidden) {
      const names = { first: doc.source.columns[doc.axes[0]], second: doc.source.columns[doc.axes[1]], both: 'both' };
      const keys = doc.parts.d > 2 ? ['first', 'second', 'both'] : ['first', 'second'];
      if (!keys.includes(known)) known = 'first';
      if (given.dataset.names !== keys.map((key) => names[key]).join('\n')) {
        given.dataset.names = keys.map((key) => names[key]).join('\n');
        fill(choices, keys.map((key) => el('button', { type: 'button', dataset: { key }, onclick: () => { known = key; show(app.state); } }, names[key])));
      }
      for (const button of choices.children) attribute(button, 'aria-pressed', button.dataset.key === known);
    }
    const some = leftOut(doc) < doc.parts.k, answer = !some ? [] : ask.box ? ofBox(doc, ask.box) : table ? ofTable(doc, ask.place) : ofPicture(doc, ask.place);
    fill(body, answer, leftOut(doc) ? without(doc) : null);
  }
  /** The answer in a sentence, once the place rests. */
  function tell(asked) {
    clearTimeout(telling);
    if (!asked) { say(told, ''); return; }
    telling = setTimeout(() => {
      const [who] = body.querySelectorAll('.answerer'), lines = [...body.querySelectorAll('.answer, .expected')].map((each) => each.innerText.trim().replace(/\s*\n\s*/g, ', '));
      say(told, [`${title.textContent}: ${lines.join('; ') || body.textContent}`, who?.getAttribute('aria-label')].filter(Boolean).join('; '));
    }, TOLD_AFTER);
  }
  return { element, update, destroy() { clearTimeout(telling); } };
}
