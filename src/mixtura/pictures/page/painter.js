// One painter for pages, the studio and the widget: a canvas, a mixture, an eye, a look.
import { gaussiansOf } from './gaussians.js';
import { sameView, Sheet } from './sheet.js';
import { tonedLook } from './tones.js';

const BUDGET = 50;  // milliseconds that a field may take while something moves
const PIECE = 40;  // and a piece of a field that is made when it rests
const QUALITIES = [1, 0.75, 0.5, 0.35, 0.25];
const MOST = 6e6;  // pixels of a field

// eye: {x, y, unit}, the place in the middle and the plane's units a CSS pixel. See README of the modules in `draw`.
export function painter(canvas, { onlost = () => {}, onrestored = () => {} } = {}) {
  const gl = canvas.getContext('webgl2', { antialias: false, depth: false, stencil: false, preserveDrawingBuffer: true });
  if (!gl) return null;
  let sheet = new Sheet(gl), from = null, set = null, pace = 0.004, timed = false, last = null, coming = 0;
  const lost = (event) => { event.preventDefault(); rest(); sheet = null; onlost(); };
  const restored = () => { sheet = new Sheet(gl); timed = false; if (last) draw(last); onrestored(); };
  canvas.addEventListener('webglcontextlost', lost);
  canvas.addEventListener('webglcontextrestored', restored);

  function setParts(parts, axes = [0, 1], { sharpen = 1, count = null, hidden = null, frame = null, up = false, colour = parts.d === 5 } = {}) {
    const same = set && set.parts === parts && set.hidden === hidden && set.colour === colour && axes[0] === set.axes[0] && axes[1] === set.axes[1];
    if (!same) from = gaussiansOf(parts, axes, { hidden, colour });
    set = { parts, axes: [...axes], hidden, colour };
    setGaussians(from, { sharpen, count, frame, up });
  }

  let shown = null;
  function setGaussians(gaussians, { sharpen = 1, count = null, frame = null, up = false } = {}) {
    from = gaussians;
    shown = { sharpen, count, frame, up, home: frame ?? around(gaussians) };
  }

  const rest = () => { cancelAnimationFrame(coming); coming = 0; };

  function viewOf({ eye, width, height, ratio = globalThis.devicePixelRatio || 1 }) {
    const w = Math.max(1, Math.round(width * ratio)), h = Math.max(1, Math.round(height * ratio));
    const across = (eye.unit * width) / w, down = (shown.up ? -1 : 1) * across;
    return { ...shown, width: w, height: h, left: eye.x - (across * w) / 2, top: eye.y - (down * h) / 2, across, down };
  }

  function draw(given, { quick = false } = {}) {
    last = given;
    if (!sheet || !from) return;
    rest();
    const view = viewOf(given);
    if (canvas.width !== view.width || canvas.height !== view.height) { canvas.width = view.width; canvas.height = view.height; }
    const look = tonedLook(given.look), finest = Math.min(1, Math.sqrt(MOST / (view.width * view.height)));
    if (look.look < 3) {
      const goal = coarser(view, finest), { sharp } = sheet;
      if (holds(sharp, goal)) sheet.shown = sharp;
      else if (quick) hurry(view, finest);
      else if (holds(sheet.rough, coarser(view, sheet.quality ?? 1)) && sharp.work * pace > 2 * PIECE) { refine(goal, given); return; }
      else fillNow(sharp, sheet.plan(sharp, from, goal), goal);
    }
    tone(view, look, quick);
  }

  const holds = (target, view) => target.goal !== null && target.goal.from === from && target.goal.sharpen === view.sharpen &&
    target.goal.count === view.count && sameView(target.goal, view);

  function fillNow(target, plan, goal) {
    sheet.fill(target, plan);
    if (plan.which.length === plan.lists.many.length) target.work = plan.work;
    target.goal = { ...goal, from };
    sheet.shown = target;
    if (!timed && plan.work > 200) {
      timed = true;
      sheet.time((took) => { timed = false; pace += 0.4 * (took / plan.work - pace); });
    }
  }

  // Something moves: the cells that changed, or fewer pixels.
  function hurry(view, finest) {
    const { sharp } = sheet, fine = coarser(view, finest);
    if (sharp.plan && sameView(sharp.goal ?? {}, fine)) {
      const plan = sheet.plan(sharp, from, fine);
      if (plan.work * pace <= BUDGET) { fillNow(sharp, plan, fine); return; }
    }
    const cost = (sharp.work ?? (view.width * view.height) / 64) * pace;
    sheet.quality = QUALITIES.find((quality) => cost * quality ** 1.5 <= BUDGET) ?? QUALITIES.at(-1);
    const goal = coarser(view, Math.min(finest, sheet.quality));
    if (!holds(sheet.rough, goal)) fillNow(sheet.rough, sheet.plan(sheet.rough, from, goal, 1 / 64), goal);
    else sheet.shown = sheet.rough;
  }

  // At rest: the sharp field in pieces, so that the page never waits long; until it is there the coarse one stays.
  function refine(goal, given) {
    const { sharp } = sheet, plan = sheet.plan(sharp, from, goal), pieces = Math.ceil((plan.work * pace) / PIECE);
    const each = Math.ceil(plan.which.length / pieces);
    let first = 0;
    sharp.goal = null;
    const next = () => {
      const piece = plan.which.slice(first, first + each), done = (first += each) >= plan.which.length;
      sheet.fill(sharp, plan, piece, done);
      coming = done ? 0 : requestAnimationFrame(next);
      if (!done) return;
      sharp.goal = { ...goal, from }; sharp.work = plan.work;
      draw(given);
    };
    coming = requestAnimationFrame(next);
  }

  function tone(view, look, quick) {
    const peak = look.look === 1 || look.look === 2 ? sheet.peak(sheet.shown, from, coarser(view, sheet.shown.width / view.width), quick) : null;
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    sheet.tone(sheet.shown, peak, { ...look, width: lineWidth(view) }, { ...view, frame: framed(view), screen: true });
  }

  // The whole frame at a size: RGBA, the top row first.
  function pixels(width, height, given, frame = shown.home) {
    const [left, top, right, bottom] = frame, look = tonedLook(given), { up } = shown;
    const view = { ...shown, home: frame, frame, width, height, left, top: up ? bottom : top, across: (right - left) / width, down: ((up ? -1 : 1) * (bottom - top)) / height };
    const target = sheet.target(), picture = sheet.target(), bytes = new Uint8ClampedArray(4 * width * height);
    sheet.fill(target, sheet.plan(target, from, view));
    const peak = sheet.largest(target, [0, 0, width, height]);
    sheet.sized(picture, width, height, 'RGBA8');
    sheet.tone(target, peak, { ...look, width: lineWidth(view) }, { width, height, frame: [0, 0, width, height], screen: false });
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    for (const one of [target, picture, target.top]) { gl.deleteTexture(one.texture); gl.deleteFramebuffer(one.buffer); }
    return bytes;
  }

  function destroy() {
    rest();
    canvas.removeEventListener('webglcontextlost', lost);
    canvas.removeEventListener('webglcontextrestored', restored);
    gl.getExtension('WEBGL_lose_context')?.loseContext();
    sheet = null;
  }

  return { canvas, kind: 'webgl2', says: null, setParts, setGaussians, draw, pixels, destroy, get sheet() { return sheet; } };
}

// The same view in fewer pixels.
function coarser(view, quality) {
  const width = Math.max(1, Math.round(view.width * quality)), height = Math.max(1, Math.round(view.height * quality));
  const blur = Math.max(1, Math.abs(view.across));  // as the screen sees it
  return { ...view, width, height, blur, across: (view.across * view.width) / width, down: (view.down * view.height) / height };
}

// The frame in pixels of a view.
function framed({ frame, left, top, across, down, width, height }) {
  if (!frame) return [-1, -1, width + 1, height + 1];
  const x = [(frame[0] - left) / across, (frame[2] - left) / across], y = [(frame[1] - top) / down, (frame[3] - top) / down];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

function lineWidth(view) {
  const [left, top, right, bottom] = framed(view);
  return Math.max(1, Math.sqrt(Math.min(view.width * view.height, (right - left) * (bottom - top))) / 1000);
}

// The frame of all ellipses of 3 standard deviations.
function around({ count, x, y, xx, xy, rest }) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let k = 0; k < count; k++) {
    const wide = 3 * Math.sqrt(xx[k]), high = 3 * Math.sqrt(rest[k] + xy[k] ** 2 / xx[k]);
    box[0] = Math.min(box[0], x[k] - wide); box[2] = Math.max(box[2], x[k] + wide);
    box[1] = Math.min(box[1], y[k] - high); box[3] = Math.max(box[3], y[k] + high);
  }
  return count ? box : [0, 0, 1, 1];
}
