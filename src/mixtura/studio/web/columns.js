// A table's columns: which there are, of what kind, how many gaps; those that are fitted are chosen.

import { el, say } from './dom.js';
import { float } from './float.js';
import { counted } from './format.js';
import { wordButton } from './icons.js';

const isNumeric = (type) => !/text|string|object|other|word|bool|date|time/i.test(type ?? '');

/** Gaps of each of `d` columns among the rows of a sample. */
export function gapsOf(points, d) {
  const gaps = new Array(d).fill(0);
  for (let i = 0; i < points.length; i += 1) if (Number.isNaN(points[i])) gaps[i % d] += 1;
  return gaps;
}

/**
 * `show(message, origin, {open, keep, leave})` after a table was read, of which one happens; `again(document, open)` for
 * one that is open; `close()` where another is opened.
 */
export function chooseColumns(app) {
  let left = null;  // what leaving the sheet means
  const leaving = () => {
    const act = left;
    left = null;
    act?.();
  };
  const sheet = float(app, { kind: 'dialog columns', label: 'Columns', modal: true, closed: leaving });

  function close() {
    left = null;
    sheet.close();
  }

  function show({ name, columns, types, all, n, gaps }, done, leave = null) {
    const boxes = all.map((column, i) => el('input', { type: 'checkbox', onchange: () => count(), checked: columns.includes(column), disabled: !isNumeric(types?.[i]) }));
    const rows = all.map((column, i) => el('label', { class: isNumeric(types?.[i]) ? 'columnrow' : 'columnrow off' }, boxes[i], el('span', { class: 'what' }, column),
      el('span', { class: 'faint' }, isNumeric(types?.[i]) ? 'number' : types[i]), el('span', { class: 'faint num' }, gaps.get(column) ?? '')));
    const go = wordButton(null, 'Open', () => finish(), { class: 'primary' });
    const told = el('p', { class: 'soft num' });
    const chosen = () => all.filter((_, i) => boxes[i].checked);
    const finish = () => {
      close();
      done(chosen());
    };
    left = leave;

    function count() {
      const many = chosen().length, limit = app.state.engine?.limits?.d ?? 64;
      say(told, many > limit ? `${many} columns are chosen; ${limit} is the limit.` : `${many} of ${all.length} columns, ${counted(n)} rows`);
      go.disabled = !many || many > limit;
    }

    const pick = (which) => () => {
      boxes.forEach((box) => { box.checked = which && !box.disabled; });
      count();
    };
    sheet.element.replaceChildren(
      el('header', {}, el('h2', {}, name), el('div', { class: 'links' }, el('button', { type: 'button', onclick: pick(true) }, 'All'), el('button', { type: 'button', onclick: pick(false) }, 'None'))),
      el('div', { class: 'columnlist', role: 'group', 'aria-label': 'Columns' }, rows),
      el('footer', {}, told, wordButton(null, 'Cancel', () => sheet.close()), go));
    count();
    sheet.open();
    go.focus();
  }

  function gapsToTell(columns, points) {
    const gaps = gapsOf(points, columns.length), rows = points.length / columns.length;
    return new Map(columns.map((column, j) => [column, gaps[j] ? `${(100 * gaps[j] / rows).toFixed(gaps[j] / rows < 0.01 ? 2 : 1)} % gaps` : '']));
  }

  const same = (one, other) => one.length === other.length && one.every((each) => other.includes(each));

  return {
    close,
    show(message, origin, { open, keep, leave }) {
      const { name, columns, types, all_columns: all, n } = message;
      show({ name, columns, types, all, n, gaps: gapsToTell(columns, message.arrays.points) }, (chosen) => {
        if (same(chosen, columns)) keep();
        else open({ ...origin.fields, columns: chosen }, origin.arrays);
      }, leave);
    },
    again({ source }, open) {
      const all = source.allColumns ?? source.columns;
      show({ name: source.name, columns: source.columns, types: source.types, all, n: source.n, gaps: gapsToTell(source.columns, source.points) }, (chosen) => {
        if (!same(chosen, source.columns)) open({ kind: 'table', name: source.name, columns: chosen });
      });
    },
  };
}
