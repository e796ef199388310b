// The title's menu: open, draw, samples, columns, a link, and the branches of what was tried.

import { el } from './dom.js';
import { float } from './float.js';
import { branches } from './history.js';
import { icon } from './icons.js';
import { linkTo } from './link.js';

const BRANCHES_LISTED = 8;
const SMALL_PAGE = 768;  // px of the studio's width below which the top bar has no room
const VIEWS_TOLD = [['original', 'The original'], ['split', 'Original and painted'], ['painted', 'The painted picture']];

/** The menu under the title; it is made anew at each opening. */
export function titleMenu(app) {
  const menu = float(app, { kind: 'menu', label: 'Document', role: 'menu', filled: filling });

  function item(picture, words, act, more = {}) {
    const { hint, ...rest } = more;
    return el('button', { type: 'button', role: 'menuitem', onclick: () => {
      menu.close();
      act();
    }, ...rest }, icon(picture), el('span', { class: 'words' }, words), hint && el('kbd', {}, hint));
  }

  const heading = (words) => el('div', { class: 'heading faint', role: 'presentation' }, words);
  const rule = () => el('hr', { role: 'separator' });

  function linked(document) {
    const sample = (app.state.engine?.samples ?? []).find(({ name, title }) => document.source.name === title || document.source.name.split('.')[0] === name);
    return sample && !app.options.embedded ? sample.name : null;
  }

  async function copyLink(name) {
    const address = linkTo(name, app.state.document.fit);
    try {
      await navigator.clipboard.writeText(address);
      app.dispatch({ type: 'notice', notice: { sentence: 'The link is copied.', remedy: 'It opens this sample with this K, seed and start.', bad: false } });
    } catch {
      app.dispatch({ type: 'notice', notice: { sentence: 'The browser does not let the page copy.', remedy: address, bad: true } });
    }
  }

  function filling(element) {
    const { document, engine, history } = app.state, rows = [item('open', 'Open a file …', () => app.choose(), { hint: 'Ctrl O' }), item('spray', 'Draw points …', () => app.draw())];
    if (document && !document.source.frame && document.source.kind !== 'model' && (document.source.allColumns ?? document.source.columns).length > 2) rows.push(item('columns', 'Columns …', () => app.columns()));
    const sample = document && linked(document);
    if (sample) rows.push(item('link', 'Copy a link to this', () => copyLink(sample)));
    if (engine?.samples.length) {
      rows.push(rule(), heading('Samples'), ...engine.samples.map((each) => item(each.kind === 'colour' || each.kind === 'ink' || each.kind === 'picture' ? 'file' : 'new', each.title, () => app.openSample(each))));
    }
    if (document) rows.push(rule(), item('present', 'Present', () => app.dispatch({ type: 'present', on: true }), { hint: 'P' }));
    if (app.root.clientWidth < SMALL_PAGE) rows.push(...whatBarsHold(document));
    const others = document ? branches(history).slice(-BRANCHES_LISTED) : [];
    if (others.length) rows.push(rule(), heading('Other ways that were tried'), ...others.map((entry) => item('branch', entry.label, () => app.dispatch({ type: 'go', entry: entry.id }), { title: toldOf(entry) })));
    element.replaceChildren(...rows);
  }

  /** What stands in the top bar where that is wide. */
  function whatBarsHold(document) {
    const { theme } = app.root.dataset, views = document?.source.picture ? VIEWS_TOLD.filter(([name]) => name !== document.look.view) : [];
    return [
      ...views.map(([view, words]) => item('show', words, () => app.dispatch({ type: 'look', look: { view } }))),
      item('theme', theme === 'dark' ? 'Light' : 'Dark', () => app.dispatch({ type: 'theme', theme: theme === 'dark' ? 'light' : 'dark' })),
      item('help', 'Keys', () => app.emit('help', null)),
    ];
  }

  const toldOf = ({ document, kind }) => `${kind === 'fit' ? 'A fit' : 'An edit'} with ${document.parts?.k ?? 0} components`;
  return menu;
}
