// A small scatter matrix of a table of three columns and more: each cell shows two of them, and chooses them.

import { isPicture } from './document.js';
import { attribute, el, fill } from './dom.js';

const MOST_SHOWN = 6, MOST_DOTS = 1500;

/** The columns of the matrix: those on the screen, and the first of the others, in their order. Pure. */
function pairColumns(d, axes) {
  const kept = new Set(axes);
  for (let j = 0; j < d && kept.size < MOST_SHOWN; j++) kept.add(j);
  return [...kept].sort((a, b) => a - b);
}

/** The matrix: app -> view. */
export function pairs(app) {
  const grid = el('div', { class: 'matrix', role: 'group', 'aria-label': 'Pairs of columns' }), more = el('p', { class: 'faint' });
  const element = el('section', { class: 'card pairs-card' }, el('header', {}, el('h2', {}, 'Pairs')), grid, more);
  let source = null, columns = '', theme = null;

  function paint(canvas, doc, i, j) {
    const { points, d } = doc.source, side = canvas.width, g = canvas.getContext('2d'), n = points.length / d, step = Math.max(1, Math.ceil(n / MOST_DOTS));
    const scale = (axis) => { const low = doc.range[2 * axis], wide = doc.range[2 * axis + 1] - low; return (v) => (v - low) / wide; };
    const x = scale(i), y = scale(j), size = n > 600 ? 1.5 : 2.5;
    g.clearRect(0, 0, side, side);
    g.fillStyle = getComputedStyle(canvas).getPropertyValue('--soft') || '#555';
    g.globalAlpha = n > 600 ? 0.5 : 0.75;
    for (let at = 0; at < n; at += step) {
      const u = points[at * d + i], v = points[at * d + j];
      if (u === u && v === v) g.fillRect(x(u) * side - size / 2, (1 - y(v)) * side - size / 2, size, size);
    }
  }

  function build(doc, chosen) {
    const names = doc.source.columns, last = chosen.length - 1;
    grid.style.gridTemplateColumns = `repeat(${last}, minmax(0, 1fr))`;
    const cells = [];
    for (let row = 1; row <= last; row++) {
      for (let col = 0; col < last; col++) {
        const [i, j] = [chosen[col], chosen[row]];
        cells.push(col < row ? el('button', { type: 'button', 'aria-label': `${names[i]} against ${names[j]}`, title: `${names[i]} against ${names[j]}`, dataset: { pair: `${i} ${j}` },
          onclick: () => app.dispatch({ type: 'axes', axes: [i, j] }) }, el('canvas', { width: 88, height: 88 }), col === 0 ? el('span', { class: 'row-name' }, names[j]) : null, row === last ? el('span', { class: 'col-name' }, names[i]) : null) : el('span'));
      }
    }
    fill(grid, cells);
    more.hidden = names.length <= chosen.length;
    more.textContent = `${names.length - chosen.length} more columns: choose them above the picture.`;
  }

  function update(state, before) {
    const doc = state.document, useful = !!doc && !isPicture(doc) && doc.source.d > 2;
    element.hidden = !useful;
    if (!useful) { source = null; return; }
    if (before && before.document === doc && theme === state.theme && source === doc.source) return;
    const chosen = pairColumns(doc.source.d, doc.axes), key = chosen.join(' '), fresh = source !== doc.source || columns !== key;
    if (fresh) build(doc, chosen);
    if (fresh || theme !== state.theme) for (const cell of grid.querySelectorAll('button')) paint(cell.firstChild, doc, ...cell.dataset.pair.split(' ').map(Number));
    source = doc.source; columns = key; theme = state.theme;
    const now = [...doc.axes].sort((a, b) => a - b).join(' ');
    for (const cell of grid.querySelectorAll('button')) attribute(cell, 'aria-pressed', cell.dataset.pair === now);
  }
  return { element, update, destroy() {} };
}
