// Icons, and the buttons that carry them.

import { el } from './dom.js';

const ICONS = {
  previous: '<path d="m9.500 4.500-3.500 3.500 3.500 3.500"/>',
  next: '<path d="m6.500 4.500 3.500 3.500-3.500 3.500"/>',
  open: '<path d="M2.500 12.500v-8h3.700l1.500 1.800h5.800v6.200z"/>',
  undo: '<path d="M6 3.500 3 6.500l3 3M3.300 6.500H10a3.200 3.200 0 0 1 0 6.400H7"/>',
  redo: '<path d="m10 3.500 3 3-3 3m2.700-3H6a3.200 3.200 0 0 0 0 6.400h3"/>',
  theme: '<circle cx="8" cy="8" r="5.500"/><path class="solid" d="M8 2.500v11a5.500 5.500 0 0 0 0-11z"/>',
  help: '<path d="M6 6.200a2 2 0 1 1 2.700 1.900c-.5.200-.7.600-.7 1.200v.2M8 11.900v.1"/><circle cx="8" cy="8" r="6"/>',
  take: '<path d="M8 2.500v7m-3-2.700 3 3 3-3M3 11.500v1.700h10v-1.700"/>',
  select: '<path d="M4 2.500 12.500 8 8.600 9 6.700 13z"/>',
  lasso: '<path d="M4.600 10.200C3.300 9.500 2.500 8.400 2.500 7.100 2.500 4.700 5 2.800 8 2.800s5.500 1.900 5.500 4.300S11 11.300 8 11.300c-.6 0-1.200-.1-1.700-.2M4.600 10.200a1.400 1.400 0 1 1 1.700.9c.1 1.100-.5 2-1.600 2.400"/>',
  new: '<ellipse cx="7" cy="9" rx="5" ry="3.300" transform="rotate(-28 7 9)"/><path d="M12.500 1.800v4m-2-2h4"/>',
  ask: '<circle cx="8" cy="8" r="3.700"/><path d="M8 1.800v2.500M8 11.700v2.500M1.800 8h2.500m7.400 0h2.500"/>',
  pan: '<path d="M8 2v12M2 8h12M6.300 3.700 8 2l1.700 1.700M6.300 12.300 8 14l1.700-1.700M3.700 6.300 2 8l1.700 1.700M12.300 6.300 14 8l-1.700 1.700"/>',
  spray: '<path d="M4.500 14h5V8.500l-1-1.500h-3l-1 1.500zM6 7V5h2v2"/><path d="M10.500 4.500h.1m1.900-1.500h.1m-.1 3h.1m1.400-1.500h.1"/>',
  brush: '<path d="M13.300 2.700 8 8.500M6.500 8.200a2.600 2.600 0 0 1 1.800 1.700c.5 2-1.500 3.500-5.800 3.300 1.700-.8 1-2.700 1.600-3.900a2.400 2.400 0 0 1 2.400-1.100zM12.300 1.900l1.800 1.700"/>',
  plus: '<path d="M4 8h8M8 4v8"/>',
  minus: '<path d="M4 8h8"/>',
  down: '<path d="m5 6.500 3 3 3-3"/>',
  split: '<ellipse cx="4.800" cy="8" rx="3.300" ry="4.500"/><ellipse cx="11.200" cy="8" rx="3.300" ry="4.500"/>',
  merge: '<path d="M8 4.200A4.500 4.500 0 1 0 8 11.800 4.500 4.500 0 1 0 8 4.200z"/>',
  copy: '<rect x="5.500" y="5.500" width="8" height="8" rx="1.500"/><path d="M10.500 5.500V4A1.500 1.500 0 0 0 9 2.500H4A1.500 1.500 0 0 0 2.500 4v5A1.500 1.500 0 0 0 4 10.500h1.500"/>',
  hide: '<path d="M1.800 8S4 3.800 8 3.800 14.200 8 14.200 8 12 12.200 8 12.200 1.800 8 1.800 8z"/><circle cx="8" cy="8" r="1.900"/>',
  show: '<path d="M1.800 8S4 3.800 8 3.800 14.200 8 14.200 8 12 12.200 8 12.200 1.800 8 1.800 8z"/><circle cx="8" cy="8" r="1.900"/>',
  delete: '<path d="M3 4.500h10M6.500 4.500V3h3v1.500M4.500 4.500l.6 8.500h5.800l.6-8.500"/>',
  lock: '<rect x="3.500" y="7" width="9" height="6" rx="1.400"/><path d="M5.500 7V5.200a2.500 2.500 0 0 1 5 0V7M8 9.500v1"/>',
  unlock: '<rect x="3.500" y="7" width="9" height="6" rx="1.400"/><path d="M5.500 7V5.200a2.500 2.500 0 0 1 4.800-1M8 9.500v1"/>',
  play: '<path class="solid" d="M5 3.200v9.600L13 8z"/>',
  pause: '<path class="solid" d="M4.500 3.500h2.400v9H4.500zM9.100 3.500h2.400v9H9.100z"/>',
  step: '<path d="M4.500 3.500v9L10.500 8zM12 3.500v9"/>',
  again: '<path d="M3.300 8A4.700 4.700 0 1 0 5 4.400M5.200 2v2.600h2.600"/>',
  stop: '<rect class="solid" x="4" y="4" width="8" height="8" rx="1"/>',
  close: '<path d="m4 4 8 8M12 4l-8 8"/>',
  check: '<path d="m3.500 8.500 3 3 6-7"/>',
  draw: '<path d="m3 13 .8-3L11 2.800l2.200 2.200L6 12.200zM9.500 4.300l2.200 2.200"/>',
  columns: '<rect x="2.500" y="3" width="11" height="10" rx="1.400"/><path d="M6.200 3v10M9.800 3v10M2.500 6h11"/>',
  link: '<path d="M6.700 9.300a2.600 2.600 0 0 0 3.700 0l2-2a2.600 2.600 0 0 0-3.700-3.700l-.7.7M9.300 6.700a2.600 2.600 0 0 0-3.700 0l-2 2a2.600 2.600 0 0 0 3.700 3.700l.7-.7"/>',
  file: '<path d="M4 2.500h5l3 3v8H4zM9 2.500v3h3"/>',
  branch: '<circle cx="5" cy="4" r="1.500"/><circle cx="5" cy="12" r="1.500"/><circle cx="11" cy="5.500" r="1.500"/><path d="M5 5.500v5M11 7c0 2-4 1.500-5.500 3.700"/>',
  present: '<rect x="2.500" y="3" width="11" height="7.500" rx="1"/><path d="M8 10.500V13M5.500 13.500h5"/>',
  more: '<path class="solid" d="M3 7h2v2H3zM7 7h2v2H7zM11 7h2v2h-2z"/>',
  diamond: '<path class="solid" d="M8 3.500 12.500 8 8 12.500 3.500 8z"/>',
  curve: '<path d="M2.500 13.500c1-7 3-9.500 11-10.500"/>',
  wave: '<path d="M2.500 13c3 0 3-10 5.500-10s2.500 10 5.500 10"/>',
  ellipse: '<ellipse cx="8" cy="8" rx="6" ry="3.500" transform="rotate(-28 8 8)"/>',
};

const MARK_OF_THE_HOUSE = '<g fill="none" stroke-width="1.5"><ellipse cx="8.6" cy="12.4" rx="6.6" ry="3.7" transform="rotate(-32 8.6 12.4)" stroke="var(--accent)"/>'
  + '<ellipse cx="13.4" cy="9.6" rx="6.6" ry="3.4" transform="rotate(38 13.4 9.6)" stroke="var(--hand)"/>'
  + '<ellipse cx="11.4" cy="13.6" rx="4.3" ry="3.3" stroke="var(--text)"/></g>';

/** The elements of a piece of our own markup. What comes from files is never part of it: that is text. */
function drawn(markup) {
  const template = document.createElement('template');
  template.innerHTML = markup;
  return template.content.firstElementChild;
}

/** An icon, hidden from those who are read to: its button has a label. */
export function icon(name) {
  return drawn(`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${ICONS[name] ?? ''}</svg>`);
}

/** The mark of the house. */
export function mark() {
  return drawn(`<svg class="mark" viewBox="0 0 22 22" aria-hidden="true">${MARK_OF_THE_HOUSE}</svg>`);
}

/** A button that is an icon, with its words for those who are read to. */
export function iconButton(name, label, title, act, more = {}) {
  return el('button', { type: 'button', class: 'tool', 'aria-label': label, title: title ?? label, onclick: act, ...more }, icon(name));
}

/** A button of words, with an icon before them if there is one. */
export function wordButton(name, words, act, more = {}) {
  return el('button', { type: 'button', class: 'plain', onclick: act, ...more }, name && icon(name), words);
}
