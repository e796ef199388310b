// Curves drawn as SVG: the tone editor, whose points are sliders; densities of one number.

import { attribute, dragged, el, fill, arrowStep, svg } from './dom.js';
import { addedPoint, bentFrom, drawnCurve, inkOf, movedPoint, toneHistogram, withoutPoint } from './tone.js';
import { toneAt } from './tones.js';

const WIDE = 224, HIGH = 168, PAD = 10;
const acrossCurve = (x) => PAD + x * (WIDE - 2 * PAD), downCurve = (y) => HIGH - PAD - y * (HIGH - 2 * PAD);

/** A path through points, of numbers with a decimal. */
export function pathOf(points) {
  return points.map(([x, y], j) => `${j ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

/** The tone editor. change(curve, last) is told of each change, with last when the hand is off. */
export function toneEditor(change) {
  let curve = null, style = 'mean', bars = [], chosen = 1, pulling = false;
  const back = svg('g', { class: 'bars', 'aria-hidden': 'true' }), path = svg('path', { class: 'path' });
  const handles = svg('g'), grid = [1, 2, 3].map((j) => svg('path', {
    class: 'grid', d: `M${acrossCurve(j / 4)} ${PAD}V${HIGH - PAD}M${PAD} ${downCurve(j / 4)}H${WIDE - PAD}` }));
  const diagonal = svg('path', { class: 'diagonal', d: `M${acrossCurve(0)} ${downCurve(0)}L${acrossCurve(1)} ${downCurve(1)}` });
  const sheet = svg('svg', { class: 'curve', viewBox: `0 0 ${WIDE} ${HIGH}`, role: 'group', preserveAspectRatio: 'none' }, ...grid, back, diagonal, path, handles);
  const hint = el('p', { class: 'faint hint-below' }, 'Double click: a point more, or one less.');
  const element = el('div', { class: 'tone' }, sheet, hint);

  const placeOf = (event) => {
    const box = sheet.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width * WIDE - PAD) / (WIDE - 2 * PAD), (HIGH - PAD - (event.clientY - box.top) / box.height * HIGH) / (HIGH - 2 * PAD)];
  };
  const heightAt = (x) => inkOf(toneAt(curve, style, x), style);
  const put = (next, last) => { curve = next; draw(); change(curve, last); };

  function draw() {
    const points = drawnCurve(curve, style);
    path.setAttribute('d', pathOf([[0, heightAt(0)], ...points, [1, heightAt(1)]].map(([x, y]) => [acrossCurve(x), downCurve(y)])));
    const shown = curve.kind === 'points' ? points : [];
    hint.hidden = !shown.length;
    while (handles.children.length > shown.length) handles.lastChild.remove();
    while (handles.children.length < shown.length) handles.append(handle(handles.children.length));
    shown.forEach(([x, y], j) => {
      const point = handles.children[j], grey = curve.points[j][1];
      for (const circle of point.children) { circle.setAttribute('cx', acrossCurve(x)); circle.setAttribute('cy', downCurve(y)); }
      attribute(point, 'class', j === chosen ? 'point on' : 'point');
      attribute(point, 'aria-label', `Point ${j + 1} of ${shown.length}, at ${Math.round(100 * x)} percent`);
      attribute(point, 'aria-valuenow', grey);
      attribute(point, 'aria-valuetext', `grey ${grey} of 255 at ${Math.round(100 * x)} percent ${style === 'grid' ? 'density' : 'lightness'}`);
    });
  }

  function handle(j) {
    return svg('g', { class: 'point', role: 'slider', tabindex: 0, 'aria-orientation': 'vertical', 'aria-valuemin': 0, 'aria-valuemax': 255,
      onfocus: () => { chosen = j; if (curve) draw(); }, onkeydown: (event) => key(event, j), onpointerdown: (event) => press(event, j),
    }, svg('circle', { class: 'reach', r: 13 }), svg('circle', { class: 'dot', r: 5 }));
  }

  function key(event, j) {
    const [x, grey] = curve.points[j], y = inkOf(grey, style), n = arrowStep(event);
    let next = null;
    if (event.key === 'Delete' || event.key === 'Backspace') next = withoutPoint(curve, j);
    else if (event.key === 'Insert' || event.key === 'Enter') next = middleAfter(j);
    else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') next = movedPoint(curve, j, [x + 0.01 * n, y], style);
    else if (event.key === 'Home' || event.key === 'End') next = movedPoint(curve, j, [x, event.key === 'End' ? 1 : 0], style);
    else if (n) next = movedPoint(curve, j, [x, y + n / 255], style);
    if (!next) return;
    event.preventDefault(); event.stopPropagation();
    const fewer = next.points.length < curve.points.length;
    put(next, true);
    if (fewer) handles.children[Math.min(j, handles.children.length - 1)].focus();
  }
  function middleAfter(j) {
    const a = curve.points[Math.min(j, curve.points.length - 2)][0], b = curve.points[Math.min(j, curve.points.length - 2) + 1][0], x = (a + b) / 2;
    return addedPoint(curve, [x, heightAt(x)], style).curve;
  }

  function press(event, j) {
    if (event.button > 0) return;
    event.preventDefault(); event.stopPropagation();
    handles.children[j].focus(); chosen = j; pulling = true;
    const before = curve;
    dragged(handles.children[j], event, (now) => put(movedPoint(curve, j, placeOf(now), style), false), (last, kept) => { pulling = false; put(kept ? curve : before, true); });
  }
  sheet.addEventListener('mousedown', (event) => { if (event.detail > 1) event.preventDefault(); });  // which would select a word nearby
  sheet.addEventListener('dblclick', (event) => {
    event.preventDefault();
    const at = placeOf(event), near = curve.points.findIndex(([x, grey]) => Math.hypot((x - at[0]) * 204, (inkOf(grey, style) - at[1]) * 148) < 10);
    if (curve.kind === 'points' && near >= 0) { put(withoutPoint(curve, near), true); return; }
    const bent = curve.kind === 'points' ? curve : { ...bentFrom(curve, style), points: [curveEnd(0), curveEnd(1)] };
    const { curve: next, j } = addedPoint(bent, at, style);
    if (j >= 0) { chosen = j; put(next, true); handles.children[j].focus(); }
  });
  const curveEnd = (x) => [x, Math.round(toneAt(curve, style, x))];

  return {
    element,
    /** Show a curve of a style; while a point is pulled, the hand's own stays. */
    update(now, of) {
      if (pulling) return;
      if (of !== style) chosen = 1;
      curve = now; style = of;
      attribute(sheet, 'aria-label', of === 'grid' ? 'Tone curve, from density to ink' : 'Tone curve, from the lightness of the mixture to that of the picture');
      draw();
    },
    /** The histogram behind, of a mixture. */
    histogram(parts) {
      const next = toneHistogram(parts, style), w = (WIDE - 2 * PAD) / next.length;
      if (next.every((v, j) => v === bars[j])) return;
      bars = next;
      fill(back, next.map((v, j) => svg('rect', { x: (PAD + j * w + 0.4).toFixed(2), y: downCurve(0.72 * v).toFixed(1), width: (w - 0.8).toFixed(2), height: (0.72 * v * (HIGH - 2 * PAD)).toFixed(1) })));
    },
  };
}

/** Densities of one number as areas: curves [{values, stroke}] over the same places, scaled to the highest of each. */
export function densityCurves(curves, wide, high, label) {
  const path = ({ values, stroke, name }) => {
    const top = values.reduce((a, b) => Math.max(a, b), 1e-300), points = values.map((v, j) => [j / (values.length - 1) * wide, high - (high - 6) * v / top]);
    return svg('path', { class: `density ${name ?? ''}`, d: `${pathOf([[0, high], ...points, [wide, high]])}Z`, ...(stroke ? { stroke, fill: stroke } : {}) });
  };
  return svg('svg', { class: 'slices', viewBox: `0 0 ${wide} ${high + 1}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label },
    curves.map(path), svg('path', { class: 'ground', d: `M0 ${high}H${wide}` }));
}
