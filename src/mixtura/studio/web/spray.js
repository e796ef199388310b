// Points drawn by hand: a brush that sprays them, wide or narrow, thick or thin; an eraser; undo by strokes.

import { el, say } from './dom.js';
import { instead } from './float.js';
import { counted } from './format.js';
import { iconButton, wordButton } from './icons.js';

const SPRAY_UNIT = 100;  // px of one unit of the drawn plane
const SPRAY_DOT = 2.2, SPRAY_MOST = 100_000;

/** `show(use)`: a pad over the stage; `use(Float64Array of x, y)` is called with what was drawn, y going up. */
export function sprayPad(app) {
  const canvas = el('canvas', { class: 'pad', tabindex: '0', role: 'application', 'aria-label': 'Pad: draw points with the pointer; with keys, arrows move the brush and Enter sprays' });
  const width = slider('Brush', 6, 120, 34, () => draw()), flow = slider('Flow', 1, 40, 12);
  const told = el('span', { class: 'num soft', role: 'status' });
  const eraser = iconButton('delete', 'Eraser', 'Eraser (E): takes points away', () => erase(!erasing), { 'aria-pressed': 'false' });
  const use = wordButton('check', 'Use these', () => finish(), { class: 'primary' });
  const bar = el('div', { class: 'beginbar' }, width.element, flow.element, eraser, iconButton('undo', 'Undo the last stroke', 'Undo the last stroke (Ctrl Z)', () => undo()),
    told, wordButton(null, 'Cancel', () => sheet.close()), use);
  const sheet = instead(app, { kind: 'begin spray', label: 'Draw points', keyed, closed: () => { rest(); size.disconnect(); } }, canvas, bar);
  const size = new ResizeObserver(() => draw());
  app.view({ update() {}, destroy: () => { clearInterval(timer); clearTimeout(timer); size.disconnect(); } });
  let points = [], strokes = [], at = null, down = false, erasing = false, act = null, timer = 0;

  function slider(words, min, max, value, moved = () => {}) {
    const input = el('input', { type: 'range', min, max, value, 'aria-label': words, oninput: () => {
      fillTrack();
      moved();
    } });
    const fillTrack = () => input.style.setProperty('--at', `${100 * (input.value - min) / (max - min)}%`);
    fillTrack();
    return { element: el('label', { class: 'slide' }, el('span', { class: 'soft' }, words), input), get value() { return Number(input.value); } };
  }

  const box = () => canvas.getBoundingClientRect();

  function bellNumber() {
    return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  }

  function spray() {
    if (!at) return;
    const spread = width.value / 2, [x, y] = at;
    if (erasing) {
      points = points.filter(([a, b]) => Math.hypot(a - x, b - y) > width.value);
    } else {
      for (let i = 0; i < flow.value && points.length < SPRAY_MOST; i += 1) points.push([x + spread * bellNumber(), y + spread * bellNumber()]);
    }
    draw();
  }

  function draw() {
    if (sheet.element.hidden) return;
    const ratio = devicePixelRatio, { width: w, height: h } = box(), g = canvas.getContext('2d'), style = getComputedStyle(app.root);
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) [canvas.width, canvas.height] = [Math.round(w * ratio), Math.round(h * ratio)];
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, w, h);
    g.fillStyle = style.getPropertyValue('--accent');
    for (const [x, y] of points) {
      g.beginPath();
      g.arc(x, y, SPRAY_DOT, 0, 7);
      g.fill();
    }
    if (at) {
      g.strokeStyle = style.getPropertyValue(erasing ? '--bad' : '--soft');
      g.beginPath();
      g.arc(...at, width.value, 0, 7);
      g.stroke();
    }
    say(told, points.length ? `${counted(points.length)} ${points.length === 1 ? 'point' : 'points'}` : 'Draw with the pointer');
    use.disabled = points.length < 2;
  }

  function erase(on) {
    erasing = on;
    eraser.setAttribute('aria-pressed', String(on));
    draw();
  }

  function begin() {
    strokes.push([...points]);
    down = true;
    spray();
    clearInterval(timer);
    timer = setInterval(spray, 40);
  }

  function rest() {
    down = false;
    clearInterval(timer);
  }

  function undo() {
    points = strokes.pop() ?? points;
    draw();
  }

  function finish() {
    const { height, width: w } = box(), out = new Float64Array(2 * points.length);
    points.forEach(([x, y], i) => {
      out[2 * i] = (x - w / 2) / SPRAY_UNIT;
      out[2 * i + 1] = (height / 2 - y) / SPRAY_UNIT;
    });
    sheet.close();
    act(out);
  }

  const placeOf = (event) => [event.clientX - box().left, event.clientY - box().top];
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    at = placeOf(event);
    begin();
  });
  canvas.addEventListener('pointermove', (event) => {
    at = placeOf(event);
    if (down) spray();
    else draw();
  });
  for (const kind of ['pointerup', 'pointercancel']) canvas.addEventListener(kind, rest);
  canvas.addEventListener('pointerleave', () => {
    if (!down) at = null;
    draw();
  });

  function keyed(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (event.key.toLowerCase() === 'z' && (event.ctrlKey || event.metaKey)) undo();
    else if (event.key.toLowerCase() === 'e') erase(!erasing);
    else if (event.target === canvas && step) {
      at ??= [box().width / 2, box().height / 2];
      at = at.map((value, i) => value + step[i] * (event.shiftKey ? 50 : 10));
      draw();
    } else if (event.target === canvas && event.key === 'Enter') {
      at ??= [box().width / 2, box().height / 2];
      strokes.push([...points]);
      spray();
    } else return false;
    return true;
  }

  return {
    show(used) {
      act = used;
      points = [];
      strokes = [];
      erase(false);
      sheet.open(canvas);
      size.observe(canvas);
      draw();
    },
  };
}
