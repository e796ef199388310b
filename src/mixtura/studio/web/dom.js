// Elements made without markup: what comes from files and names is always text.

const SVG = 'http://www.w3.org/2000/svg';

function dressed(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'style') element.style.cssText = value;  // allowed by a policy without inline styles
    else if (name === 'dataset') Object.assign(element.dataset, value);
    else if (name === 'value' && 'value' in element) element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element; strings among the children are text, `on...` attributes are listeners. */
export function el(tag, attributes = {}, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

/** The same of SVG. */
export function svg(tag, attributes = {}, ...children) {
  return dressed(document.createElementNS(SVG, tag), attributes, children);
}

/** Other children instead of those that are there. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Text, written only where it is another one, so that screen readers are not told twice. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An attribute, written only where it changes; null and false take it away, true is 'true'. */
export function attribute(element, name, value) {
  if (value === null || value === undefined || (value === false && !name.startsWith('aria-'))) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

/** The arrow keys as steps of -1 and 1, left and down being less; 10 with Shift; PageUp and PageDown are 10 as well. */
export function arrowStep(event) {
  const one = event.shiftKey ? 10 : 1;
  return { ArrowLeft: -one, ArrowDown: -one, ArrowRight: one, ArrowUp: one, PageDown: -10, PageUp: 10 }[event.key] ?? 0;
}

/** Follow a pointer from its press to its end: `move(event)` on each, `end(event, kept)` once; Escape gives it back. */
export function dragged(element, event, move, end = () => {}) {
  const id = event.pointerId;
  const finish = (kept) => (last) => {
    if (last.pointerId !== undefined && last.pointerId !== id) return;
    if (last.type === 'keydown' && last.key !== 'Escape') return;
    element.removeEventListener('pointermove', moved);
    element.removeEventListener('pointerup', up);
    element.removeEventListener('pointercancel', lost);
    document.removeEventListener('keydown', escape, true);
    if (last.type === 'keydown') last.stopPropagation();
    end(last, kept);
  };
  const moved = (now) => { if (now.pointerId === id) move(now); };
  const up = finish(true), lost = finish(false), escape = finish(false);
  element.setPointerCapture(id);
  element.addEventListener('pointermove', moved);
  element.addEventListener('pointerup', up);
  element.addEventListener('pointercancel', lost);
  document.addEventListener('keydown', escape, true);
}
