// Pictures of fields without a GPU: what sheet.js does, in plain arrays and on a 2-D canvas, in fewer pixels.
import { toneAt } from './tones.js';

const SORRY = 'This browser has no WebGL2, so pictures are painted without the graphics card: slower, and coarser.';

export function plainSheet(canvas) {
  const context = canvas.getContext('2d');
  return context && new PlainSheet(canvas, context);
}

class PlainSheet {
  constructor(canvas, context) {
    Object.assign(this, { canvas, context, says: SORRY, most: 4e5, took: 0 });
  }

  target() { return { width: 0, height: 0, field: null, goal: null, plan: null, peak: null }; }

  free() {}

  // A field of r, g, b and the log density for each pixel.
  fill(target, plan, which = plan.which, done = true) {
    const begun = performance.now(), { view, seen, lists } = plan, { width, height } = view;
    if (target.width !== width || target.height !== height || !target.field) {
      Object.assign(target, { width, height, field: new Float32Array(4 * width * height), goal: null });
    }
    for (const cell of which) fillCell(target.field, width, height, seen, lists, cell);
    target.peak = null;
    target.plan = done ? plan : null;
    this.took = performance.now() - begun;
  }

  largest(target, [left, top, right, bottom]) {
    let most = -3e38;
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) most = Math.max(most, target.field[4 * (row * target.width + column) + 3]);
    }
    return (target.peak = { most });
  }

  pixels(target, peak, look, view) {
    return tonedField(target, peak?.most ?? 0, look, view);
  }

  // The field's own pixels are painted, and the canvas makes them as many as it has.
  onScreen(target, peak, look, view) {
    const { canvas, context } = this, small = target.width && look.style !== 'paper';
    const [width, height] = small ? [target.width, target.height] : [view.width, view.height], scale = [width / view.width, height / view.height];
    const frame = view.frame.map((edge, i) => edge * scale[i % 2]);
    const bytes = tonedField(target, peak?.most ?? 0, look, { width, height, frame, marks: view.marks });
    this.between ??= canvas.ownerDocument.createElement('canvas');
    Object.assign(this.between, { width, height });
    this.between.getContext('2d').putImageData(new ImageData(bytes, width, height), 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    context.drawImage(this.between, 0, 0, view.width, view.height);
  }

  marked() {}

  get busy() { return false; }

  time(begun, told) { told(this.took, this.took); }
}

function fillCell(field, width, height, seen, { side, across, start, many, entries }, cell) {
  const { x, y, s, a, b, c, colour, mean, gain } = seen, first = start[cell], end = first + many[cell];
  const left = (cell % across) * side, top = Math.floor(cell / across) * side;
  for (let row = top; row < Math.min(height, top + side); row++) {
    for (let column = left; column < Math.min(width, left + side); column++) {
      let most = -Infinity, total = 0, red = 0, green = 0, blue = 0;
      for (let i = first; i < end; i++) {
        const k = entries[i], dx = column + 0.5 - x[k], dy = row + 0.5 - y[k], u = a[k] * dx, v = b[k] * dx + c[k] * dy;
        const e = s[k] - 0.5 * (u * u + v * v);
        let share = 1;
        if (e > most) {
          const less = Math.exp(most - e);
          total *= less; red *= less; green *= less; blue *= less; most = e;
        } else share = Math.exp(e - most);
        total += share;
        if (!colour) continue;
        const m = 3 * k, g = 6 * k;
        red += share * (mean[m] + gain[g] * dx + gain[g + 1] * dy);
        green += share * (mean[m + 1] + gain[g + 2] * dx + gain[g + 3] * dy);
        blue += share * (mean[m + 2] + gain[g + 4] * dx + gain[g + 5] * dy);
      }
      const at = 4 * (row * width + column);
      field[at] = red / total; field[at + 1] = green / total; field[at + 2] = blue / total;
      field[at + 3] = most + Math.log(total);
    }
  }
}

// The bytes of a picture of a field of its size.
function tonedField(target, top, look, { width, height, frame, marks = null }) {
  const bytes = new Uint8ClampedArray(4 * width * height), { field } = target, paint = PAINTS[look.style] ?? PAINTS.paper;
  const [left, first, right, last] = frame, out = [0, 0, 0], heights = look.style === 'contour' ? heightsOf(field, top, look) : null;
  const table = Array.from({ length: 1025 }, (_, i) => toneAt(look.curve, look.style, i / 1024) / 255);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (column + 0.5 < left || column + 0.5 > right || row + 0.5 < first || row + 0.5 > last) continue;
      const at = row * width + column;
      paint(out, { field, at, top, look, table, heights, row, column, width, height });
      const mark = marks ? 4 * (Math.floor((row * marks.height) / height) * marks.width + Math.floor((column * marks.width) / width)) : 0;
      const keep = marks ? 1 - marks.bytes[mark + 3] / 255 : 1;
      for (let e = 0; e < 3; e++) bytes[4 * at + e] = 255 * out[e] * keep + (marks ? marks.bytes[mark + e] : 0);
      bytes[4 * at + 3] = 255;
    }
  }
  return bytes;
}

const looked = (table, share) => {
  const at = Math.min(Math.max(share, 0), 1) * 1024, i = Math.min(Math.floor(at), 1023);
  return table[i] + (table[i + 1] - table[i]) * (at - i);
};

const PAINTS = {
  paper(out, { look }) { for (let e = 0; e < 3; e++) out[e] = look.paper[e]; },
  mean(out, { field, at, table }) { for (let e = 0; e < 3; e++) out[e] = looked(table, field[4 * at + e]); },
  grid(out, { field, at, top, look }) {
    const under = Math.min(field[4 * at + 3] - top, 0), { kind, gamma } = look.curve;
    const grey = kind === 'points' ? toneAt(look.curve, 'grid', Math.exp(under)) / 255
      : 1 - Math.exp(kind === 'gamma' ? gamma * Math.min(under - look.full, 0) : under);
    for (let e = 0; e < 3; e++) out[e] = look.ink[e] + grey * (look.paper[e] - look.ink[e]);
  },
  contour(out, { look, heights, at, row, column, width, height }) {
    const h = heights[at], n = look.shades.length - 1, west = column > 0 ? 1 : 0, east = column < width - 1 ? 1 : 0;
    const north = row > 0 ? width : 0, south = row < height - 1 ? width : 0;
    const across = (heights[at + east] - heights[at - west]) / Math.max(1, east + west);
    const down = (heights[at + south] - heights[at - north]) / Math.max(1, (south > 0) + (north > 0));
    const s = Math.max(0.01, Math.hypot(across, down)), low = h - 0.5 * s, base = Math.floor(low), start = low - base;
    const level = Math.min(Math.max(base + (floorsTo(start + s) - floorsTo(start)) / s, 0), n), i = Math.min(Math.floor(level), n - 1);
    const half = Math.min(0.5 * look.width * s, 0.5), p = Math.min(Math.max(h - 0.5 * s, 0.5), n + 0.5), q = Math.min(Math.max(h + 0.5 * s, 0.5), n + 0.5);
    const line = 1 - 0.4 * Math.min(Math.max((inkedTo(q, half) - inkedTo(p, half)) / s, 0), 1);
    for (let e = 0; e < 3; e++) out[e] = line * (look.shades[i][e] + (level - i) * (look.shades[i + 1][e] - look.shades[i][e]));
  },
};

const floorsTo = (t) => { const whole = Math.floor(t); return whole * (t - 0.5 * (whole + 1)); };
const inkedTo = (t, half) => { const near = Math.round(t); return 2 * half * near + Math.min(Math.max(t - near, -half), half); };

// How many levels of the contours each pixel has passed.
function heightsOf(field, top, { shades, reach }) {
  const n = shades.length - 1;
  return Float32Array.from({ length: field.length / 4 }, (_, i) => {
    const z = Math.sqrt(2 * Math.max(top - field[4 * i + 3], 0));
    return Math.min(Math.max(n * (1 - z / reach) + 1, 0), n + 1);
  });
}
