// The components for those who hear the screen: a hidden list, of which the one selected is told; and what was done.
import {PIN_COVARIANCE, PIN_MEAN, PIN_WEIGHT, byWeight, nameOf} from './document.js';
import {digitsOf} from './axes.js';
import {el, say} from './dom.js';
import {minus, percent, several} from './format.js';

const PIN_WORDS = [[PIN_MEAN, 'mean'], [PIN_COVARIANCE, 'covariance'], [PIN_WEIGHT, 'weight']];

let instances = 0;

/** A component in words: "Component 16, weight 0.71 %, at 248, 241, pinned mean". */
function spokenOf(document, i) {
  const {parts, axes, range} = document;
  const at = axes.map((axis) => {
    const digits = digitsOf((range[2 * axis + 1] - range[2 * axis]) / 300);
    return minus(parts.means[i * parts.d + axis].toFixed(digits));
  });
  const pins = PIN_WORDS.filter(([bit]) => document.pins[i] & bit).map(([, word]) => word);
  return [nameOf(document, i), `weight ${percent(parts.weights[i])}`, `at ${at.join(', ')}`, ...(pins.length ? [`pinned ${pins.join(', ')}`] : []),
    ...(document.hidden[i] ? ['hidden'] : [])].join(', ');
}

/** What was done to come from one history to another, as one says it: an edit, or going back and forth. */
function deedOf(now, was) {
  const entry = now.entries[now.at], left = was.entries[was.at];
  if (!entry || !left || now.entries[0] !== was.entries[0]) return '';
  if (now.entries.length > was.entries.length && now.at === now.entries.length - 1) {
    const k = entry.document.parts?.k ?? 0, before = left.document.parts?.k ?? 0;
    return entry.kind === 'edit' ? [entry.label, ...(k !== before ? [`${several(k, 'component')} now`] : [])].join(', ') : '';
  }
  if (now.at === was.at) return '';
  const [to, from] = [now.at, was.at].map((id) => now.line.indexOf(id));
  if (to < 0 || from < 0 || now.entries.length < was.entries.length) return `Back at: ${entry.label}`;
  return to < from ? `Undone: ${now.entries[now.line[to + 1]].label}` : `Done again: ${entry.label}`;
}

/** The hidden listbox of a stage: the heaviest ones, or those around the selected one. `surface` is told which is the active one. */
export function listOf(surface) {
  const id = `mixtura-components-${++instances}`, list = el('ul', {class: 'visually-hidden', role: 'listbox', id, 'aria-label': 'Components by weight', 'aria-multiselectable': 'true'});
  const [some, deed] = [0, 1].map(() => el('div', {class: 'visually-hidden', 'aria-live': 'polite'}));
  surface.setAttribute('aria-owns', id);
  let last = null, told = null;
  return {
    elements: [list, some, deed],
    update({document, selection, job, history}) {
      const words = told && told !== history ? deedOf(history, told) : '';
      told = history;
      if (words) say(deed, words);
      const parts = document?.parts, key = parts ? [parts, selection, document.pins, document.names, document.hidden] : [null];
      if (last && key.length === last.length && key.every((value, j) => value === last[j])) return;
      if (job?.state === 'running' && last && last[1] === selection) return; // steps are told elsewhere
      last = key;
      if (!parts) {
        list.replaceChildren();
        surface.removeAttribute('aria-activedescendant');
        return;
      }
      const order = byWeight(document), primary = selection.at(-1) ?? -1, place = Math.max(0, order.indexOf(primary));
      const from = Math.max(0, Math.min(place - 4, order.length - 9)), chosen = new Set(selection);
      list.replaceChildren(...order.slice(from, from + 9).map((i, j) => el('li', {
        role: 'option', id: `${id}-${i}`, 'aria-selected': String(chosen.has(i)), 'aria-setsize': String(order.length), 'aria-posinset': String(from + j + 1),
      }, spokenOf(document, i))));
      if (primary >= 0) surface.setAttribute('aria-activedescendant', `${id}-${primary}`);
      else surface.removeAttribute('aria-activedescendant');
      say(some, selection.length > 1 ? `${selection.length} components selected` : primary >= 0 ? spokenOf(document, primary) : '');
    },
  };
}
