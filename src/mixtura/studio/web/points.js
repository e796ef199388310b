// The points of a table: coloured by who of those shown answers for them, and drawn in one go, a hundred thousand of them.
import {colourOf, rgbOf, shownParts} from './document.js';
import {marginal} from './algebra.js';
import {invertLower} from './matrices.js';

const GREY = 0x8a8d96; // of points that nothing answers for yet
const CHUNK = 20_000; // terms between two looks at the clock
const FEW_DOTS = 3000; // dots that are drawn as paths; more are splatted

/** A short-lived worker over all points: `go(milliseconds)` colours some and says whether all are done. */
export function colouring(document, colours) {
  const {points, d} = document.source, count = points.length / d;
  if (!document.parts) {
    colours.fill(GREY);
    return {go: () => true};
  }
  const {parts, ids} = shownParts(document), tint = tintsOf(document, ids), plain = maker(parts, [...Array(d).keys()]), makers = new Map();
  let next = 0;
  return {
    go(milliseconds) {
      const end = performance.now() + milliseconds, some = Math.max(1, Math.ceil(CHUNK / Math.max(1, parts.k)));
      while (next < count && performance.now() < end) {
        for (const last = Math.min(count, next + some); next < last; next++) {
          const known = observed(points, next * d, d);
          if (known === null) colours[next] = plain(points, next * d, tint);
          else if (!known.length) colours[next] = GREY;
          else {
            const key = known.join();
            if (!makers.has(key)) makers.set(key, maker(marginal(parts, known), known));
            colours[next] = makers.get(key)(points, next * d, tint);
          }
        }
      }
      return next === count;
    },
  };
}

/** The coordinates that are there; null where all are. */
function observed(points, at, d) {
  let gap = false;
  for (let j = 0; j < d; j++) if (Number.isNaN(points[at + j])) gap = true;
  return gap ? Array.from({length: d}, (_, j) => j).filter((j) => !Number.isNaN(points[at + j])) : null;
}

function tintsOf(document, ids) {
  const tint = new Float64Array(3 * ids.length);
  ids.forEach((i, c) => tint.set(rgbOf(colourOf(document, i)), 3 * c));
  return tint;
}

/** The colour at a point of some coordinates: of its components, by their responsibilities, as 0xrrggbb. */
function maker({k, d, weights, means, factors}, which) {
  const inverse = new Float64Array(k * d * d), logs = new Float64Array(k), terms = new Float64Array(k), z = new Float64Array(d);
  for (let i = 0; i < k; i++) {
    invertLower(factors, inverse, d, i * d * d);
    logs[i] = Math.log(weights[i]);
    for (let j = 0; j < d; j++) logs[i] -= Math.log(factors[i * d * d + j * d + j]);
  }
  return (points, at, tint) => {
    let top = -Infinity;
    for (let i = 0; i < k; i++) {
      let squares = 0;
      for (let j = 0; j < d; j++) {
        z[j] = points[at + which[j]] - means[i * d + j];
        let sum = 0;
        for (let c = 0, row = i * d * d + j * d; c <= j; c++) sum += inverse[row + c] * z[c];
        squares += sum * sum;
      }
      terms[i] = logs[i] - 0.5 * squares;
      if (terms[i] > top) top = terms[i];
    }
    if (top === -Infinity) return GREY;
    let total = 0, r = 0, g = 0, b = 0;
    for (let i = 0; i < k; i++) {
      if (terms[i] < top - 8) continue;
      const share = Math.exp(terms[i] - top);
      total += share;
      r += share * tint[3 * i];
      g += share * tint[3 * i + 1];
      b += share * tint[3 * i + 2];
    }
    return (Math.round(r / total) << 16) | (Math.round(g / total) << 8) | Math.round(b / total);
  };
}

/** The radius of a dot in CSS pixels: smaller, the more there are. */
function dotRadius(count) {
  return Math.min(2.7, Math.max(0.9, 2.7 * (600 / Math.max(1, count)) ** 0.22));
}

/**
 * The dots on a canvas of device pixels, with smooth edges, as bytes: `image` is that of the canvas, kept between calls.
 * colours: 0xrrggbb each; ratio: device pixels a CSS pixel.
 */
export function splatPoints(image, document, place, colours, ratio) {
  const {points, d} = document.source, [a, b] = document.axes, {width, height, data} = image;
  const [sx, sy] = place.scale.map((one) => one * ratio), [ox, oy] = place.origin.map((one) => one * ratio);
  const r = dotRadius(points.length / d) * ratio, reach = Math.ceil(r + 0.5), [left, top, wide, high] = place.shown.map((one) => one * ratio);
  data.fill(0);
  for (let i = 0, at = 0; at < points.length; i++, at += d) {
    const x = ox + points[at + a] * sx, y = oy + points[at + b] * sy;
    if (!(x > left - r && x < left + wide + r && y > top - r && y < top + high + r)) continue;
    const cx = Math.floor(x), cy = Math.floor(y), colour = colours[i], red = colour >> 16, green = (colour >> 8) & 255, blue = colour & 255;
    for (let py = Math.max(0, cy - reach); py <= cy + reach && py < height; py++) {
      const dy = py + 0.5 - y;
      for (let px = Math.max(0, cx - reach); px <= cx + reach && px < width; px++) {
        const dx = px + 0.5 - x, cover = Math.min(1, r + 0.5 - Math.sqrt(dx * dx + dy * dy));
        if (cover <= 0) continue;
        const to = 4 * (py * width + px), alpha = 0.85 * cover, below = (data[to + 3] / 255) * (1 - alpha), sum = alpha + below;
        data[to] = (red * alpha + data[to] * below) / sum;
        data[to + 1] = (green * alpha + data[to + 1] * below) / sum;
        data[to + 2] = (blue * alpha + data[to + 2] * below) / sum;
        data[to + 3] = 255 * sum;
      }
    }
  }
}

/** The same of few dots, as paths. */
function dotPaths(g, document, place, colours, ratio) {
  const {points, d} = document.source, [a, b] = document.axes, r = dotRadius(points.length / d), [left, top, wide, high] = place.shown;
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, place.width, place.height);
  g.globalAlpha = 0.85;
  for (let i = 0, at = 0; at < points.length; i++, at += d) {
    const [x, y] = place.toScreen([points[at + a], points[at + b]]);
    if (!(x > left - r && x < left + wide + r && y > top - r && y < top + high + r)) continue;
    g.fillStyle = `#${colours[i].toString(16).padStart(6, '0')}`;
    g.beginPath();
    g.arc(x, y, r, 0, 2 * Math.PI);
    g.fill();
  }
}

/** The layer of points over a canvas: redrawn where the view changes, coloured anew, a few milliseconds a frame, where the mixture does, but not while that is to stand still. */
export function pointLayer(canvas, later) {
  const g = canvas.getContext('2d');
  let image = null, colours = null, points = null, work = null, last = {}, pending = false;
  return {
    canvas,
    draw(document, place, ratio, still = false) {
      const has = Boolean(document?.source.points?.length) && document.source.frame === null && document.axes.length === 2;
      canvas.hidden = !has;
      if (!has) return;
      const width = Math.max(1, Math.round(place.width * ratio)), height = Math.max(1, Math.round(place.height * ratio));
      if (points !== document.source.points) {
        points = document.source.points;
        colours = new Uint32Array(points.length / document.source.d).fill(GREY);
        last = {};
      }
      const seen = still ? last.seen : document.parts && shownParts(document), own = still ? last.colours : document.colours;
      if (seen !== last.seen || own !== last.colours) {
        work = colouring(document, colours);
        pending = true;
      }
      const done = pending ? work.go(points.length > 20000 ? 10 : 30) : true, coloured = pending;
      pending = !done;
      if (canvas.width !== width || canvas.height !== height) {
        Object.assign(canvas, {width, height});
        image = null;
      }
      if (coloured || place !== last.place || ratio !== last.ratio || document.axes !== last.axes) {
        if (colours.length <= FEW_DOTS) dotPaths(g, document, place, colours, ratio);
        else {
          image ??= new ImageData(width, height);
          splatPoints(image, document, place, colours, ratio);
          g.putImageData(image, 0, 0);
        }
      }
      last = {seen, colours: own, place, ratio, axes: document.axes};
      if (pending) later();
    },
  };
}
