// The styles that are not looked at through a field: dots and ellipses, laid over paper or over the mean.
import { dotNumbers, evenDots, independentDots, plausible } from './dots.js';
import { boxIn } from './plans.js';
import { blankMarks, byteMarks, paintEllipse } from './splat.js';
import { unitColour } from './looks.js';

const INKS = { dots: '#1f3fbf', ellipses: '#14213d' };
const DOTS = 40000, MOVING_DOTS = 4000, PANNED_DOTS = 20000, REACHES = [1, 2], FAINT = { dots: 0.85, ellipses: 0.9 };  // see dots.py and ellipses.py
const LEAST = 0.7, COVERED = [2, 3];

// What is under the marks: a style of the painter.
export function groundOf(from, look) {
  return look.style === 'dots' && from.colour && !look.ink && !look.paper ? 'mean' : 'paper';
}

// The marks of a view: {width, height, bytes}. dots: those that are ready, see `dotsOf`.
export function marksOf(from, view, look, dots, strips = 16) {
  const into = blankMarks(view.width, view.height), own = from.colour && !look.ink;
  const ink = own ? null : unitColour(look.ink ?? INKS[look.style]);
  if (look.style === 'dots') layDots(into, view, look, dots, own, ink, strips);
  else layEllipses(into, from, view, own, ink, strips);
  return byteMarks(into);
}

function layDots(into, view, look, dots, own, ink, strips) {
  const { left, top, across, down, width, height } = view, [l, t, r, b] = view.frame ? boxIn(view, view.frame) : [0, 0, width, height];
  const area = (r - l) * (b - t), cover = own ? COVERED[look.paper ? 1 : 0] : 0;
  const given = view.frame ? look.radius / Math.abs(across) : (look.radius * Math.max(width, height)) / 1000;
  const usual = cover ? Math.sqrt((cover * area) / (Math.PI * (look.dots ?? DOTS))) : Math.max(LEAST, Math.sqrt(area) / 1000);
  const radius = (look.radius ? given : usual) * Math.sqrt((look.dots ?? DOTS) / dots.n);  // fewer ones are larger
  for (let i = 0; i < dots.n; i++) {
    const x = (dots.places[2 * i] - left) / across, y = (dots.places[2 * i + 1] - top) / down;
    if (x < -radius || y < -radius || x > width + radius || y > height + radius) continue;
    const pen = own ? [0, 1, 2].map((e) => Math.min(1, Math.max(0, dots.colours[3 * i + e]))) : ink;
    paintEllipse(into, x, y, radius, 0, radius, pen, FAINT.dots, strips);
  }
}

function layEllipses(into, from, view, own, ink, strips) {
  const { left, top, across, down, sharpen = 1 } = view, count = Math.min(view.count ?? from.count, from.count), list = [];
  const dense = Array.from({ length: count }, (_, k) => from.log[k] - 0.5 * Math.log(from.xx[k] * from.rest[k]));
  const most = dense.reduce((a, b) => Math.max(a, b), -Infinity);
  for (const ring of REACHES) {
    for (let k = 0; k < count; k++) list.push({ ring, k, area: ring * ring * Math.sqrt(from.xx[k] * from.rest[k]) });
  }
  list.sort((one, other) => other.area - one.area);
  for (const { ring, k } of list) {
    const xx = (sharpen * from.xx[k]) / across ** 2, xy = (sharpen * from.xy[k]) / (across * down), rest = (sharpen * from.rest[k]) / down ** 2;
    const yy = rest + (xy * xy) / xx, pen = own ? [0, 1, 2].map((e) => Math.min(1, Math.max(0, from.mean[3 * k + e]))) : ink;
    const opacity = ((FAINT.ellipses * REACHES[0]) / ring) * (own ? 1 : Math.exp(0.5 * (dense[k] - most)));
    paintEllipse(into, (from.x[k] - left) / across, (from.y[k] - top) / down, ring * Math.sqrt(yy), xy / yy, ring * Math.sqrt((xx * rest) / yy), pen, opacity, strips);
  }
}

// The dots of a mixture, first those that are independent, then, bit by bit, those that are spread evenly.
export function dotStore() {
  let key = [], ready = null, making = null, drawn = null, moving = null;
  const settingsOf = (view, look) => ({ seed: look.seed ?? 0, sharpen: view.sharpen, count: view.count, scale: [1, Math.abs(view.down / view.across)] });
  const keyOf = (from, view, look) => [from, look.dots ?? DOTS, look.seed ?? 0, view.sharpen, view.count];
  const isReady = (...given) => key.length > 0 && keyOf(...given).every((value, i) => value === key[i]);
  const fresh = (from, view, look) => {
    if (isReady(from, view, look)) return;
    key = keyOf(from, view, look);
    const n = key[1], settings = settingsOf(view, look);
    ready = plausible(from, independentDots(from, n, settings), view.home, settings);
    making = evenDots(from, n, settings);
  };
  return {
    // quick: few will do. Of these the numbers are kept, so that only those whose component moves are made anew.
    dots(from, view, look, quick = false) {
      if (!quick) { fresh(from, view, look); moving = null; return ready; }
      if (isReady(from, view, look)) return ready.n > PANNED_DOTS ? (ready.some ??= { ...ready, n: PANNED_DOTS }) : ready;
      const n = Math.min(look.dots ?? DOTS, MOVING_DOTS), settings = settingsOf(view, look), { seed, sharpen, count } = settings, given = [n, from.colour, seed].join();
      if (drawn?.of !== given) { drawn = { of: given, ...dotNumbers(n, from.colour, seed) }; moving = null; }
      if (moving?.from === from && moving.sharpen === sharpen && moving.count === count) return moving.dots;
      const before = moving?.sharpen === sharpen ? moving : null, dots = independentDots(from, n, { ...settings, drawn, before });
      moving = { from, sharpen, count, dots: plausible(from, dots, view.home, { ...settings, which: dots.fresh }) };
      return moving.dots;
    },
    // Go on for some milliseconds; whether there is more to do.
    more(from, view, look, milliseconds = 30) {
      fresh(from, view, look);
      for (const until = performance.now() + milliseconds; making && performance.now() < until;) {
        const { done, value } = making.next();
        if (!done) continue;
        making = null;
        ready = plausible(from, value, view.home, settingsOf(view, look));
      }
      return making !== null;
    },
  };
}
