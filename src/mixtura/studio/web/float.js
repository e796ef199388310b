// What floats above the rest: a menu, a sheet. It closes by Escape, by its button, by a press beside it, and focus returns.

import { el } from './dom.js';

const FOCUSABLE = 'button:not(:disabled), input:not(:disabled), select, textarea, a[href], [tabindex="0"]';

/** Tab goes round within an element. */
function circled(app, element, event) {
  const all = [...element.querySelectorAll(FOCUSABLE)].filter((each) => each.offsetParent !== null && each.tabIndex >= 0);
  const at = all.indexOf(app.root.getRootNode().activeElement), last = all.length - 1;
  if (event.shiftKey ? at <= 0 : at === last || at < 0) {
    event.preventDefault();
    all[event.shiftKey ? last : 0]?.focus();
  }
}

/**
 * A dialog in the place of the stage, of a class and a label: `{element, open(first), close()}`. While it is open all else
 * waits, but what is said aloud. `keyed(event)` hears a key first, and is true where it was meant; `closed()` is told.
 */
export function instead(app, { kind, label, keyed = () => false, closed = () => {} }, ...children) {
  const element = el('section', { class: kind, role: 'dialog', 'aria-label': label, 'aria-modal': 'true', tabindex: '-1' }, ...children);
  const { stage } = app.regions, silent = [];
  let opener = null;
  element.hidden = true;
  stage.append(element);

  function open(first) {
    if (element.hidden) {
      opener = app.root.getRootNode().activeElement;
      silent.push(...[...app.host.children, ...stage.children].filter((each) => each !== stage && each !== element && !each.inert && !each.matches('[role="status"]')));
      for (const each of silent) each.inert = true;
      app.host.setAttribute('data-beginning', '');
      element.hidden = false;
    }
    first.focus({ preventScroll: true });
  }

  function close() {
    if (element.hidden) return;
    for (const each of silent.splice(0)) each.inert = false;
    app.host.removeAttribute('data-beginning');
    element.hidden = true;
    opener?.focus?.({ preventScroll: true });
    opener = null;
    closed();
  }

  element.addEventListener('keydown', (event) => {
    event.stopPropagation();  // the studio's keys wait
    if (event.key === 'Tab') circled(app, element, event);
    else if (event.key === 'Escape') close();
    else if (!keyed(event)) return;
    if (event.key !== 'Tab') event.preventDefault();
  });
  app.listen(app.root, 'mousedown', (event) => {
    if (!element.hidden && !element.contains(event.target)) event.preventDefault();  // a press beside it takes no focus away
  });
  app.on('state', ({ document }, before) => { if (document?.source !== before.document?.source) close(); });
  return { element, open, close };
}

/**
 * A float of `kind` (its class) with a label. `{open(opener), close(), toggle(opener), element, shown}`; `modal` ones hold
 * the focus and dim what is behind. `filled(element)` is called before each opening.
 */
export function float(app, { kind, label, role = 'dialog', modal = false, filled = () => {}, closed = () => {} }) {
  const element = el('div', { class: kind, role, 'aria-label': label, tabindex: '-1', 'aria-modal': modal ? 'true' : null });
  const veil = modal ? el('div', { class: 'veil' }, element) : element;
  let opener = null, shown = false;
  veil.hidden = true;
  app.host.append(veil);

  function open(from = null) {
    if (shown) return;
    opener = from ?? app.root.getRootNode().activeElement;
    filled(element);
    shown = true;
    veil.hidden = false;
    from?.setAttribute?.('aria-expanded', 'true');
    (element.querySelector('[autofocus]') ?? element.querySelector(FOCUSABLE) ?? element).focus({ preventScroll: true });
  }

  function close(back = true) {
    if (!shown) return;
    shown = false;
    veil.hidden = true;
    opener?.setAttribute?.('aria-expanded', 'false');
    if (back && opener?.isConnected) opener.focus({ preventScroll: true });
    opener = null;
    closed();
  }

  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      close();
    } else if (event.key === 'Tab' && modal) circled(app, element, event);
    else if (role === 'menu' && ['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key)) step(event);
    event.stopPropagation();  // the studio's keys wait
  });

  function step(event) {
    const all = [...element.querySelectorAll('[role^="menuitem"]:not(:disabled)')];
    const at = all.indexOf(app.root.getRootNode().activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    event.preventDefault();
    all[(to + all.length) % all.length]?.focus();
  }

  app.listen(app.root.ownerDocument, 'pointerdown', (event) => {
    const way = event.composedPath();  // also where the studio stands in a shadow root
    if (!shown || way.includes(element) || way.includes(opener)) return;
    close(false);
  }, true);

  return { open, close, element, toggle: (from) => (shown ? close() : open(from)), get shown() { return shown; } };
}
