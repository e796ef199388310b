// A picture before it is sent: seen at once, decoded here; ink or colour, and the threshold of ink live on the picture.

import { attribute, el, say } from './dom.js';
import { instead } from './float.js';
import { wordButton } from './icons.js';

const PREVIEW_SIDE = 1400;  // px of the copy that is looked at
const CHROMA_STEPS = 24, CHROMA_SHARE = 0.01;  // as mixtura.pictures.image.kind

/** Greys of RGBA pixels, as Python's luma. */
function greysOf(rgba) {
  const greys = new Float32Array(rgba.length / 4);
  for (let i = 0; i < greys.length; i += 1) greys[i] = 0.299 * rgba[4 * i] + 0.587 * rgba[4 * i + 1] + 0.114 * rgba[4 * i + 2];
  return greys;
}

/** Whether a picture counts as coloured. */
export function isColourful(rgba) {
  let count = 0;
  for (let i = 0; i < rgba.length; i += 4) {
    const most = Math.max(rgba[i], rgba[i + 1], rgba[i + 2]), least = Math.min(rgba[i], rgba[i + 1], rgba[i + 2]);
    if (most - least > CHROMA_STEPS) count += 1;
  }
  return count > CHROMA_SHARE * rgba.length / 4;
}

/** Otsu's threshold: the grey between two classes that differ most. */
export function otsu(greys) {
  const count = new Float64Array(256);
  for (const grey of greys) count[Math.min(255, Math.floor(grey))] += 1;
  let total = 0, sum = 0, dark = 0, first = 0, best = -1, at = 128;
  count.forEach((n, i) => { total += n; sum += n * (i + 0.5); });
  for (let i = 0; i < 255; i += 1) {
    dark += count[i];
    first += count[i] * (i + 0.5);
    if (!dark || dark === total) continue;
    const gap = first / dark - (sum - first) / (total - dark), between = dark * (total - dark) * gap ** 2;
    if (between > best) [best, at] = [between, i + 1];
  }
  return at;
}

/** RGBA of ink below a threshold on paper; greys near it stay between, so that edges look smooth. */
export function inkedPixels(greys, threshold) {
  const pixels = new Uint8ClampedArray(4 * greys.length), soft = 10;
  for (let i = 0; i < greys.length; i += 1) {
    const t = Math.min(1, Math.max(0, (greys[i] - threshold) / soft + 0.5));
    pixels[4 * i] = 27 + 226 * t;
    pixels[4 * i + 1] = 27 + 225 * t;
    pixels[4 * i + 2] = 31 + 216 * t;
    pixels[4 * i + 3] = 255;
  }
  return pixels;
}

/** `show(file, send)`: true once the picture is seen; `send({mode, threshold}, start)` when the person begins. */
export function beginPicture(app) {
  const canvas = el('canvas', { class: 'preview', 'aria-label': 'The picture as it will be read', role: 'img' });
  const kinds = [['colour', 'Colour'], ['ink', 'Ink']];
  const buttons = kinds.map(([name, words]) => el('button', { type: 'button', role: 'radio', onclick: () => turn(name) }, words));
  const mode = el('div', { class: 'segments', role: 'radiogroup', 'aria-label': 'What is fitted' }, buttons);
  const range = el('input', { type: 'range', min: 1, max: 255, step: 1, 'aria-label': 'Threshold: darker pixels are ink', oninput: () => moved() });
  const value = el('output', { class: 'num' }), share = el('span', { class: 'faint num share' });
  const auto = wordButton(null, 'Automatic', () => { own = false; range.value = found; paint(); }, { title: 'The threshold that separates best (Otsu)' });
  const ink = el('div', { class: 'threshold' }, el('span', { class: 'soft' }, 'Ink below'), range, value, auto);
  const go = wordButton('play', 'Paint it', () => begin(), { class: 'primary' });
  const bar = el('div', { class: 'beginbar' }, mode, ink, share, wordButton(null, 'Cancel', () => sheet.close()), go);
  const name = el('div', { class: 'beginname' });
  const sheet = instead(app, {
    kind: 'begin', label: 'Begin with this picture', closed: () => { rgba = greys = null; },
    keyed: (event) => {
      const meant = event.key === 'Enter' && !event.target.closest('button') && !go.disabled;
      if (meant) begin();
      return meant;
    },
  }, name, el('div', { class: 'beginview' }, canvas), bar);
  let rgba = null, greys = null, found = 128, own = false, kind = 'colour', send = null;

  function moved() {
    own = true;
    paint();
  }

  function turn(to) {
    kind = to;
    paint();
  }

  function paint() {
    const threshold = Number(range.value), g = canvas.getContext('2d');
    kinds.forEach(([each], i) => {
      attribute(buttons[i], 'aria-checked', String(each === kind));
      buttons[i].tabIndex = each === kind ? 0 : -1;
    });
    ink.hidden = kind !== 'ink';
    range.style.setProperty('--at', `${100 * (threshold - 1) / 254}%`);
    auto.disabled = !own;
    say(value, String(threshold));
    if (kind === 'ink') {
      g.putImageData(new ImageData(inkedPixels(greys, threshold), canvas.width, canvas.height), 0, 0);
      let dark = 0;
      for (const grey of greys) dark += grey < threshold;
      say(share, `${(100 * dark / greys.length).toFixed(1)} % of the pixels`);
      go.disabled = dark === 0;
    } else {
      g.putImageData(new ImageData(rgba, canvas.width, canvas.height), 0, 0);
      say(share, 'every pixel with its colour');
      go.disabled = false;
    }
  }

  function begin() {
    const threshold = kind === 'ink' && own ? Number(range.value) : null;
    sheet.close();
    send({ mode: kind, threshold }, true);
  }

  mode.addEventListener('keydown', (event) => {
    if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return;
    event.preventDefault();
    turn(kind === 'ink' ? 'colour' : 'ink');
    buttons[kinds.findIndex(([each]) => each === kind)].focus();
  });
  return {
    async show(file, sender) {
      let bitmap;
      try { bitmap = await createImageBitmap(file); } catch { return false; }  // a format that only the engine knows
      const scale = Math.min(1, PREVIEW_SIDE / Math.max(bitmap.width, bitmap.height));
      canvas.width = Math.max(1, Math.round(bitmap.width * scale));
      canvas.height = Math.max(1, Math.round(bitmap.height * scale));
      canvas.style.setProperty('--ratio', String(canvas.width / canvas.height));
      const g = canvas.getContext('2d', { willReadFrequently: true });
      g.fillStyle = '#fff';
      g.fillRect(0, 0, canvas.width, canvas.height);
      g.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      rgba = g.getImageData(0, 0, canvas.width, canvas.height).data;
      greys = greysOf(rgba);
      found = otsu(greys);
      own = false;
      range.value = found;
      kind = isColourful(rgba) ? 'colour' : 'ink';
      send = sender;
      name.replaceChildren(el('b', {}, file.name), el('span', { class: 'soft num' }, `${bitmap.width} × ${bitmap.height}`));
      bitmap.close();
      paint();
      sheet.open(go);
      return true;
    },
  };
}
