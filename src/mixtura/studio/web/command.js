// The last line: how to make it again, as a command or as Python.

import { el, fill, say } from './dom.js';
import { icon } from './icons.js';
import { shellWord } from './quoting.js';
import { recipe } from './recipe.js';

/** A line with its words marked: names of programs and functions, options. Pure: a list of [class, text]. */
function markedWords(text, tongue) {
  const pattern = tongue === 'command' ? /(^mixtura \S+|(?<=&& )mixtura \S+)|(?<=\s)(--?[a-z][\w-]*)(?=\s|$)/g : /((?<=\.)[a-z_]\w*(?=\())|([a-z_]\w*(?==[^=]))/g;
  const found = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (inQuotes(text, match.index)) continue;
    if (match.index > at) found.push(['', text.slice(at, match.index)]);
    found.push([match[1] ? 'verb' : 'option', match[0]]);
    at = match.index + match[0].length;
  }
  return at < text.length ? [...found, ['', text.slice(at)]] : found;
}

function inQuotes(text, at) {
  let quote = null;
  for (let i = 0; i < at; i++) {
    if (quote === '"' && text[i] === '\\') i++;
    else if (quote ? text[i] === quote : text[i] === "'" || text[i] === '"') quote = quote ? null : text[i];
  }
  return quote !== null;
}

/** The line: app -> view. Its element has no box of its own. */
export function commandLine(app) {
  let tongue = 'command', text = '', of = null;
  const tongues = el('div', { class: 'segments', role: 'group', 'aria-label': 'Language of the line' }, [['command', 'Command'], ['python', 'Python']].map(([key, name]) =>
    el('button', { type: 'button', 'aria-pressed': String(key === tongue), dataset: { key }, onclick: () => { tongue = key; show(app.state, true); } }, name)));
  const code = el('code', { tabindex: 0, role: 'region', 'aria-label': 'The line that makes it again' }), note = el('span'), why = el('div', { class: 'byhand', hidden: true }, icon('diamond'), note);
  const told = el('span', { class: 'visually-hidden', role: 'status' }), label = el('span', {}, 'Copy');
  const copy = el('button', { type: 'button', class: 'plain copy', onclick: copied }, icon('copy'), label);
  const element = el('div', { class: 'line-view', style: 'display: contents' }, tongues, code, why, copy, told);
  let back = 0;

  async function copied() {
    const words = tongue === 'command' ? text : `${text}\n`;
    try {
      await navigator.clipboard.writeText(words);
      say(told, 'Copied'); say(label, 'Copied');
    } catch {  // without the permission, or where there is no clipboard: the line is selected, for Ctrl C
      getSelection().selectAllChildren(code);
      say(told, 'Selected: copy it with Ctrl C'); say(label, 'Ctrl C');
    }
    clearTimeout(back);
    back = setTimeout(() => { say(label, 'Copy'); say(told, ''); }, 1600);
  }

  function show(state, force = false) {
    const doc = state.document, made = doc ? recipe(doc) : { command: null, python: null, byHand: null };
    const next = made[tongue] ?? (doc ? `mixtura studio ${shellWord(doc.source.name)}` : 'mixtura studio');
    if (next !== text || force) {
      text = next;
      const shown = text.split('\n').filter((line) => !/^(import|from) /.test(line) || tongue === 'command').join(';  ');
      fill(code, markedWords(shown, tongue).map(([kind, words]) => (kind === 'verb' ? el('b', {}, words) : kind === 'option' ? el('i', {}, words) : words)));
      code.title = text;
    }
    for (const button of tongues.children) button.setAttribute('aria-pressed', String(button.dataset.key === tongue));
    why.hidden = !made.byHand || !doc?.parts;
    say(note, made.byHand ?? '');
    why.title = made.byHand ?? '';
  }
  function update(state, before) {
    if (before && of === state.document) return;
    of = state.document;
    show(state);
  }
  return { element, update, destroy() { clearTimeout(back); } };
}
