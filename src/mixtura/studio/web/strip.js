// The weight strip: a bar a component in its colour, the heaviest first; for 5 or 5,000. Brushed to select.

import { byWeight, colourOf, isColoured, isPicture, nameOf } from './document.js';
import { attribute, dragged, el, say } from './dom.js';
import { howOf } from './drags.js';
import { counted, percent } from './format.js';

const HIGH_STRIP = 52, BARS_END = 46;

/** The strip: app -> view. */
export function weightStrip(app) {
  const canvas = el('canvas', { class: 'weights', tabindex: 0, role: 'slider', 'aria-label': 'Components by weight: arrows choose one, Shift adds', 'aria-valuemin': 1 });
  const told = el('span', { class: 'strip-told faint num', 'aria-hidden': 'true' });
  const element = el('div', { class: 'strip' }, canvas, told);
  const bars = document.createElement('canvas');
  let order = [], parts = null, drawnFor = '';

  const rankAt = (event) => {
    const box = canvas.getBoundingClientRect();
    return Math.min(order.length - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * order.length)));
  };
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button > 0 || !order.length) return;
    event.preventDefault(); canvas.focus();
    const first = rankAt(event), from = app.state.selection, how = howOf(event), brush = (now) => {
      const last = rankAt(now), [low, high] = first < last ? [first, last] : [last, first], primary = order[last];
      app.dispatch({ type: 'select', indices: [...order.slice(low, high + 1).filter((i) => i !== primary), primary], how, from, merge: 'strip' });
    };
    brush(event);
    dragged(canvas, event, brush, (_, kept) => {
      if (!kept) app.dispatch({ type: 'select', indices: from, how: 'set', merge: 'strip' });
      app.dispatch({ type: 'rest' });
    });
  });
  canvas.addEventListener('pointermove', (event) => { if (!event.buttons && order.length) app.dispatch({ type: 'hover', index: order[rankAt(event)] }); });
  canvas.addEventListener('pointerleave', () => app.dispatch({ type: 'hover', index: -1 }));
  canvas.addEventListener('keydown', (event) => {
    const chosen = app.state.selection, at = order.indexOf(chosen[chosen.length - 1]);
    const to = { ArrowLeft: at - 1, ArrowUp: at - 1, ArrowRight: at + 1, ArrowDown: at + 1, PageUp: at - 10, PageDown: at + 10, Home: 0, End: order.length - 1 }[event.key];
    if (to === undefined || !order.length) return;
    event.preventDefault(); event.stopPropagation();
    const next = order[Math.min(order.length - 1, Math.max(0, to))];
    app.dispatch({ type: 'select', indices: [next], how: event.shiftKey ? 'add' : 'set' });
    app.dispatch({ type: 'rest' });
  });

  /** The bars, on a canvas of their own: they change less often than what is marked. Bars below a pixel share one. */
  function drawBars(doc, wide, ratio) {
    bars.width = canvas.width; bars.height = canvas.height;
    const g = bars.getContext('2d'), n = order.length, shown = Math.min(n, bars.width), w = wide / shown, gap = w > 8 ? 3 : w > 3 ? 0.6 : 0, top = parts.weights[order[0]] || 1;
    const ink = isPicture(doc) && !isColoured(doc) ? getComputedStyle(canvas).getPropertyValue('--soft') : null;  // which is seen in the dark too
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (let j = 0; j < shown; j++) {
      const i = order[Math.floor((j + 0.5) * n / shown)], high = 2 + 42 * Math.sqrt(parts.weights[i] / top);
      g.globalAlpha = doc.hidden[i] ? 0.25 : 1;
      g.fillStyle = ink ?? colourOf(doc, i);
      if (w > 8) { g.beginPath(); g.roundRect(j * w, BARS_END - high, w - gap, high, 2); g.fill(); }
      else g.fillRect(j * w, BARS_END - high, Math.max(w - gap, 0.8), high);
    }
  }

  function draw(state, fresh) {
    const ratio = globalThis.devicePixelRatio || 1, wide = Math.max(1, canvas.clientWidth), n = order.length, w = wide / n;
    if (canvas.width !== Math.round(wide * ratio) || canvas.height !== HIGH_STRIP * ratio) { canvas.width = Math.round(wide * ratio); canvas.height = HIGH_STRIP * ratio; }
    if (fresh) drawBars(state.document, wide, ratio);
    const g = canvas.getContext('2d'), on = new Set(state.selection), style = getComputedStyle(canvas), text = style.getPropertyValue('--text') || '#000', accent = style.getPropertyValue('--accent') || text;
    g.setTransform(1, 0, 0, 1, 0, 0); g.clearRect(0, 0, canvas.width, canvas.height); g.drawImage(bars, 0, 0);
    g.setTransform(ratio, 0, 0, ratio, 0, 0); g.fillStyle = text;
    const gap = w > 8 ? 3 : w > 3 ? 0.6 : 0;
    for (let j = 0; on.size && j < n; j++) {
      if (!on.has(order[j])) continue;
      let last = j;
      while (last + 1 < n && on.has(order[last + 1])) last += 1;  // one mark for neighbours
      const left = j * w, right = (last + 1) * w - gap, x = Math.min(wide - 6, (left + right) / 2 - 3);
      g.beginPath(); g.roundRect(right - left > 6 ? left : Math.max(0, x), 48.5, Math.max(6, right - left), 3, 1.5); g.fill();
      j = last;
    }
    const hovered = state.hover < 0 ? -1 : order.indexOf(state.hover);
    if (hovered >= 0) { g.strokeStyle = accent; g.lineWidth = 1.5; g.strokeRect(hovered * w - 0.5, 1, Math.max(2, w - gap + 1), BARS_END - 1); }
  }

  function update(state, before) {
    const doc = state.document;
    element.hidden = !doc?.parts;
    if (element.hidden) { parts = null; return; }
    const look = `${canvas.clientWidth} ${state.theme} ${globalThis.devicePixelRatio}`, fresh = !before || drawnFor !== look || parts !== doc.parts || before.document?.hidden !== doc.hidden
      || before.document?.colours !== doc.colours || before.document?.look.ink !== doc.look.ink;
    if (!fresh && before.selection === state.selection && before.hover === state.hover) return;
    if (parts !== doc.parts) { parts = doc.parts; order = byWeight(doc); }
    drawnFor = look;
    draw(state, fresh);
    const primary = state.selection[state.selection.length - 1], rank = order.indexOf(primary), hovered = state.hover;
    attribute(canvas, 'aria-valuemax', order.length);
    attribute(canvas, 'aria-valuenow', Math.max(1, rank + 1));
    attribute(canvas, 'aria-valuetext', rank < 0 ? 'none selected' : `${nameOf(doc, primary)}, weight ${percent(parts.weights[primary]).replace('\u202f', ' ')}, ${counted(rank + 1)} of ${counted(order.length)}${state.selection.length > 1 ? `, ${state.selection.length} selected` : ''}`);
    say(told, hovered >= 0 && hovered < parts.k ? `${nameOf(doc, hovered)} · ${percent(parts.weights[hovered])}` : '');
  }
  const watcher = new ResizeObserver(() => { if (parts && app.state.document?.parts === parts) { drawnFor = ''; update(app.state, app.state); } });
  watcher.observe(canvas);
  return { element, update, destroy() { watcher.disconnect(); } };
}
