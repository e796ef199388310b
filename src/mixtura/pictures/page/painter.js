// The painter of the studio: any mixture, all styles, with WebGL2 or without.
import { gaussiansOf } from './chosen.js';
import { easel } from './easel.js';
import { plainSheet } from './plain.js';
import { dotStore, groundOf, marksOf } from './strewn.js';

const KEPT = 24;  // thumbnails

// Beside what easel.js makes, -> setParts(parts, axes, {sharpen, count, hidden, frame, up, colour}) and
// thumbnail(style, look, width, height).
export function painter(canvas, options = {}) {
  const made = easel(canvas, { plain: plainSheet, marks: { dotStore, groundOf, marksOf }, ...options });
  if (!made) return null;
  const few = dotStore(), kept = new Map();
  let from = null, key = [], scale = null, last = null;

  // parts: {k, d, weights, means, factors}; axes: the coordinates that are x and y; hidden: 1 for each component that is
  // left out; colour: whether the last three of five coordinates are colours.
  function setParts(parts, axes = [0, 1], { hidden = null, colour = parts.d === 5, ...seen } = {}) {
    const wanted = [parts, hidden, colour, axes[0], axes[1]];
    if (!from || wanted.some((value, i) => value !== key[i])) from = gaussiansOf(parts, axes, { hidden, colour });
    key = wanted;
    scale = [seen.sharpen, seen.count];
    last = seen;
    made.setGaussians(from, seen);
  }

  // What `act` paints after a setParts of its own; what is on the screen stays as it was.
  function aside(act) {
    const before = [from, key, scale, last];
    try {
      return act();
    } finally {
      [from, key, scale, last] = before;
      if (from) made.setGaussians(from, last);
    }
  }

  // A small picture of a style, as ImageData; painted once. Its dots are few.
  function thumbnail(style, given, width, height) {
    if (!from?.count) return null;
    const name = JSON.stringify([style, width, height, scale, given.tone?.[style], given.shades ?? given.colours, given.ink, given.paper]);
    if (kept.of !== from || kept.size > KEPT) kept.clear();
    kept.of = from;
    if (!kept.has(name)) {
      const look = { ...given, style, dots: Math.min(given.dots ?? Infinity, Math.ceil((width * height) / 2)), radius: null };
      const pixels = made.pixels(width, height, look, undefined, few);
      if (!pixels) return null;
      kept.set(name, new ImageData(pixels, width, height));
    }
    return kept.get(name);
  }

  return Object.assign(made, { setParts, thumbnail, aside });
}
