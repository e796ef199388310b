// The page: a mixture or the way from one to another, an eye that moves over it, and sliders.
//
// data: {frame, colour, count, views, tone, black, ink, paper, shades, reach, model or ways}; black is the share of the
// largest density from which on ink is full. The model holds, heaviest component first, the log weight, the mean (2) of
// the place and its covariance's Cholesky factor (3, by rows), and for colours their mean (3) and their covariances with
// the place (3 x 2): float32 in base64.
import { emptyGaussians } from './gaussians.js';
import { easel } from './easel.js';

const $ = (id) => document.getElementById(id);
const canvas = $('sheet');
const decode = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const ways = (data.ways ?? []).map(decode);  // none where one model is shown
const [LEFT, TOP, RIGHT, BOTTOM] = data.frame;

function fixed() {
  const model = decode(data.model), made = emptyGaussians(data.count, data.colour), wide = data.colour ? 15 : 6;
  for (let k = 0; k < data.count; k++) {
    const [log, x, y, l, m, n, ...colours] = model.subarray(k * wide, (k + 1) * wide);
    put(made, k, log, x, y, l * l, l * m, n * n, colours.map((value) => value / 255));
  }
  return made;
}

function put(made, k, log, x, y, xx, xy, rest, colours) {
  made.log[k] = log; made.x[k] = x; made.y[k] = y;
  made.xx[k] = xx; made.xy[k] = xy; made.rest[k] = rest;
  if (!made.colour) return;
  made.mean.set(colours.slice(0, 3), 3 * k); made.tied.set(colours.slice(3), 6 * k);
}

// The model at a time, 0 at the start of the first way and 1 at its end: means and factors lie between those of the
// ends, which a way holds for each pair of components after the log weight.
function midway(time) {
  const i = Math.min(Math.floor(time), ways.length - 1), way = ways[i], t = time - i;
  const D = data.colour ? 5 : 2, END = D + D * D, ROW_OF_WAY = 1 + 2 * END, between = new Float64Array(END);
  const made = emptyGaussians(data.count, data.colour);
  for (let k = 0; k < data.count; k++) {
    const from = Math.min(k, way.length / ROW_OF_WAY - 1) * ROW_OF_WAY;
    for (let j = 0; j < END; j++) between[j] = (1 - t) * way[from + 1 + j] + t * way[from + 1 + END + j];
    const covariance = (a, b) => {
      let sum = 0;
      for (let j = 0; j < D; j++) sum += between[D * (1 + a) + j] * between[D * (1 + b) + j];
      return sum;
    };
    const xx = covariance(0, 0), xy = covariance(1, 0), colours = [];
    for (let j = 2; j < D; j++) colours[j - 2] = between[j] / 255;
    for (let j = 2; j < D; j++) colours.push(covariance(j, 0) / 255, covariance(j, 1) / 255);
    const log = k * ROW_OF_WAY < way.length ? way[from] : -300;  // another way joins more
    put(made, k, log, between[0], between[1], xx, xy, covariance(1, 1) - (xy * xy) / xx, colours);
  }
  return made;
}

let moment = { time: null, model: ways.length ? null : fixed() };
const modelAt = (time) => {
  if (ways.length && moment.time !== time) moment = { time, model: midway(time) };
  return moment.model;
};
// Colours of the data are in 0..1, those of looks in 0..255.
const bytesOf = (unit) => unit.map((channel) => channel * 255);
const lookOf = ({ view, tone }) => ({
  style: view, tone: { [view]: { kind: 'gamma', gamma: tone, points: [] } }, full: view === 'grid' ? data.black : 1,
  ink: bytesOf(data.ink), paper: view === 'contour' ? null : bytesOf(data.paper), shades: data.shades.map(bytesOf), reach: data.reach,
});
const show = ({ sharpen, count, time }) => paints.setGaussians(modelAt(time), { sharpen, count, frame: data.frame });

const settings = { view: data.views[0], sharpen: 1, tone: data.tone, count: data.count };
if (ways.length) settings.time = 0;
const eye = { x: (LEFT + RIGHT) / 2, y: (TOP + BOTTOM) / 2, unit: 1 };  // what is in the middle; units a CSS pixel
let paints, asked = 0, resting = 0, follow = true;

const margin = () => (innerWidth < 600 ? 0 : 48);
const side = () => (innerWidth >= 1000 && $('panel').open && !$('panel').hidden ? 336 : 0);  // room for the panel
const fitting = () => Math.max((RIGHT - LEFT) / (innerWidth - side() - margin()),
  (BOTTOM - TOP) / Math.max(1, innerHeight - margin()));
const ratio = () => Math.min(devicePixelRatio || 1, 3);

function paintNow(quick) {
  asked = 0;
  if (!paints) return;
  show(settings);
  paints.draw({ eye, width: innerWidth, height: innerHeight, ratio: ratio(), look: lookOf(settings) }, { quick });
}

function repaint() {
  if (!paints) return;
  if (!asked) asked = requestAnimationFrame(() => paintNow(true));
  clearTimeout(resting);
  resting = setTimeout(() => requestAnimationFrame(() => paintNow(false)), 160);
}

function whole() {
  const unit = fitting();
  Object.assign(eye, { x: (LEFT + RIGHT - side() * unit) / 2, y: (TOP + BOTTOM) / 2, unit });
  follow = true;
  repaint();
}

// Zoom by a factor about a point of the screen, which stays where it is.
function zoom(factor, px = innerWidth / 2, py = innerHeight / 2) {
  const unit = Math.min(Math.max(eye.unit * factor, fitting() / 2000), fitting() * 8);
  eye.x += (px - innerWidth / 2) * (eye.unit - unit);
  eye.y += (py - innerHeight / 2) * (eye.unit - unit);
  eye.unit = unit;
  keep();
}

function move(dx, dy) {
  eye.x -= dx * eye.unit;
  eye.y -= dy * eye.unit;
  keep();
}

function keep() {
  eye.x = Math.min(Math.max(eye.x, LEFT), RIGHT);
  eye.y = Math.min(Math.max(eye.y, TOP), BOTTOM);
  follow = false;
  repaint();
}

const fingers = new Map();
canvas.addEventListener('pointerdown', (event) => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, event);
});
for (const name of ['pointerup', 'pointercancel']) {
  canvas.addEventListener(name, (event) => fingers.delete(event.pointerId));
}
canvas.addEventListener('pointermove', (event) => {
  const old = fingers.get(event.pointerId);
  if (!old) return;
  const other = [...fingers.values()].find((finger) => finger.pointerId !== event.pointerId);
  if (other) {
    const span = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    move((event.clientX - old.clientX) / 2, (event.clientY - old.clientY) / 2);
    zoom(span(old) / span(event), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
  } else move(event.clientX - old.clientX, event.clientY - old.clientY);
  fingers.set(event.pointerId, event);
});
canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
  const turn = Math.max(-100, Math.min(100, event.deltaY * lines)) * (event.ctrlKey ? 0.01 : 0.002);
  zoom(Math.exp(turn), event.clientX, event.clientY);
}, { passive: false });
canvas.addEventListener('dblclick', (event) => zoom(0.5, event.clientX, event.clientY));
addEventListener('keydown', (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const arrow = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
  if (arrow && event.target.tagName === 'INPUT') return;
  if (arrow) move(...arrow);
  else if (event.key === '+' || event.key === '=') zoom(0.8);
  else if (event.key === '-') zoom(1.25);
  else if (event.key === '0') whole();
  else if (event.key === 'h' || event.key === 'H') {
    $('panel').hidden = !$('panel').hidden;
    if (follow) whole();
  } else return;
  event.preventDefault();
});
addEventListener('resize', () => (follow ? whole() : repaint()));
$('panel').addEventListener('toggle', () => follow && whole());

// The sliders move in powers of two, and the number of Gaussians from 1 to all of them alike.
function read() {
  const say = (id, text) => { document.querySelector(`output[for=${id}]`).value = text; };
  settings.sharpen = 2 ** -$('sharpness').value;
  settings.tone = 2 ** -$('tone').value * data.tone;
  settings.count = Math.max(1, Math.round(data.count ** $('count').value));
  if (ways.length) {
    settings.time = Math.min(Math.max(0, Number($('time').value)), ways.length);
    say('time', settings.time.toFixed(2));
  }
  settings.view = document.querySelector('#views :checked')?.value ?? data.views[0];
  $('tone').disabled = settings.view === 'contour';
  say('sharpness', '× ' + (1 / settings.sharpen).toFixed(2));
  say('tone', (1 / settings.tone).toFixed(2));
  say('count', settings.count.toLocaleString());
  repaint();
}
$('form').addEventListener('input', read);
$('form').addEventListener('reset', () => setTimeout(() => { read(); whole(); }));
$('form').addEventListener('submit', (event) => event.preventDefault());
$('whole').addEventListener('click', whole);
$('save').addEventListener('click', () => {
  const sheet = document.createElement('canvas'), scale = 2048 / Math.max(RIGHT - LEFT, BOTTOM - TOP);
  sheet.width = Math.max(1, Math.round((RIGHT - LEFT) * scale));
  sheet.height = Math.max(1, Math.round((BOTTOM - TOP) * scale));
  const pixels = window.mixtura.picture(sheet.width, sheet.height);
  sheet.getContext('2d').putImageData(new ImageData(pixels, sheet.width, sheet.height), 0, 0);
  sheet.toBlob((blob) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob); link.download = document.title.replace(/[^\w.-]+/g, '-') + '.png'; link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  });
});

// Moves the slider of time there and back until it is asked to rest.
let playing = 0;
function play(now, before, step) {
  const time = Number($('time').value) + (step * (now - before)) / 3000;
  if (time <= 0 || time >= ways.length) step = time <= 0 ? 1 : -1;
  $('time').value = Math.min(Math.max(0, time), ways.length);
  read();
  playing = requestAnimationFrame((next) => play(next, now, step));
}
$('play').addEventListener('click', () => {
  if (playing) { cancelAnimationFrame(playing); playing = 0; }
  else playing = requestAnimationFrame((now) => play(now, now, 1));
  $('play').textContent = playing ? 'Pause' : 'Play';
});

function begin() {
  $('play').hidden = !ways.length;
  if (ways.length) $('time').max = ways.length;
  const names = { mean: 'Colour', grid: 'Density', contour: 'Contours' };
  for (const view of data.views) {
    const label = document.createElement('label'), input = document.createElement('input');
    Object.assign(input, { type: 'radio', name: 'view', value: view, defaultChecked: view === data.views[0] });
    label.append(input, names[view]);
    $('views').append(label);
  }
  $('views').hidden = data.views.length < 2;
  $('panel').open = innerWidth >= 1000;
  paints = easel(canvas);
  if (!paints) {
    $('sorry').textContent = 'This page paints with WebGL2, which this browser does not have or has switched off. ' +
      'A current Firefox, Chrome, Edge or Safari shows the picture.';
    $('sorry').hidden = false;
    canvas.hidden = $('panel').hidden = true;
    return;
  }
  // For other scripts: the whole picture at a size, RGBA from the top left, as it is set or as asked for.
  window.mixtura = {
    settings,
    picture: (width, height, more = {}) => {
      const wanted = { ...settings, ...more };
      show(wanted);
      return paints.pixels(width, height, lookOf(wanted), data.frame);
    },
  };
  read();
  whole();
  cancelAnimationFrame(asked);
  clearTimeout(resting);
  paintNow(false);  // at once, so that nobody sees an empty page
}
begin();
