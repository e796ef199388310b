// A canvas, a mixture, an eye, a look: what to draw again when one of them changes, and how finely.
import { boxIn, coarser, homeIn, homeOf, lineWidth, planned, sameView, wholeView } from './plans.js';
import { Sheet } from './sheet.js';
import { tonedLook } from './looks.js';

const BUDGET = 40, UNDER_DOTS = 20;  // milliseconds that a field may take while something moves
const PIECE = 40;  // and a piece of a field that is made when it rests
const FIRST = 400;  // and what is drawn first of all, where nothing is there yet
const QUALITIES = [1, 0.75, 0.5, 0.35, 0.25, 0.18];
const MOST_OF_FIELD = 6e6;  // of a field
const SOFT = 0.6;  // of the sides of contours while something moves, where that is slow
const ROUGH = { error: 1 / 64, side: 8 };  // of a field while something moves: what may be left out, and its cells

// -> {kind, says, setGaussians, draw, pixels, destroy}, or null where it cannot paint.
// plain: what paints without WebGL2; marks: of strewn.js, for dots and ellipses.
export function easel(canvas, { onlost = () => {}, onrestored = () => {}, plain = null, marks = null } = {}) {
  const gl = canvas.getContext('webgl2', { antialias: false, depth: false, stencil: false, preserveDrawingBuffer: true });
  const flat = gl ? null : plain?.(canvas) ?? null;
  if (!gl && !flat) return null;
  let from = null, shown = null, last = null, coming = 0, ground = null;
  const store = marks?.dotStore();

  // What is on the GPU: fields that are sharp, rough, and of the whole; and how fast it is.
  function laid(sheet) {
    const [sharp, rough, whole] = [0, 1, 2].map(() => sheet.target());
    return { sheet, sharp, rough, whole, shown: sharp, pace: ground?.pace ?? 0.01, paced: false, warm: false, timing: false, quality: 1, marked: null };
  }
  ground = laid(flat ?? new Sheet(gl));

  const lost = (event) => { event.preventDefault(); rest(); ground.sheet = null; onlost(); };
  const restored = () => { ground = laid(new Sheet(gl)); if (last) draw(last); onrestored(); };
  canvas.addEventListener('webglcontextlost', lost);
  canvas.addEventListener('webglcontextrestored', restored);

  // frame: outside of it nothing is painted; up: y points up.
  function setGaussians(gaussians, { sharpen = 1, count = null, frame = null, up = false } = {}) {
    if (gaussians !== shown?.of) shown = { of: gaussians, home: homeOf(gaussians) };
    from = gaussians;
    shown = { ...shown, sharpen, count, frame, up };
  }

  function rest() { cancelAnimationFrame(coming); coming = 0; }

  function viewOf({ eye, width, height, ratio = globalThis.devicePixelRatio || 1 }) {
    const w = Math.max(1, Math.round(width * ratio)), h = Math.max(1, Math.round(height * ratio));
    const across = (eye.unit * width) / w, down = (shown.up ? -1 : 1) * across, { sharpen, count, frame } = shown;
    return { sharpen, count, frame, home: frame ?? shown.home, width: w, height: h, left: eye.x - (across * w) / 2, top: eye.y - (down * h) / 2, across, down };
  }

  // given: {eye: {x, y, unit}, width, height, ratio, look}: the place in the middle, the plane's units a CSS pixel, the
  // size in CSS pixels and how many of the screen's one of these has. quick: something moves, draw again when it rests.
  function draw(given, { quick = false } = {}) {
    last = given;
    if (!ground.sheet || !from) return;
    rest();
    const view = viewOf(given);
    if (canvas.width !== view.width || canvas.height !== view.height) { canvas.width = view.width; canvas.height = view.height; }
    const laidOn = marks && MARK_STYLES.has(given.look.style), style = laidOn ? marks.groundOf(from, given.look) : given.look.style;
    const look = { ...tonedLook(laidOn ? { ...given.look, style, tone: {} } : given.look) };
    if (FIELD_STYLES.has(style)) settle(view, quick, given);
    const over = laidOn ? markedAt(view, given, quick) : null;
    const peak = style === 'grid' || style === 'contour' ? peakFor(view, quick) : null;
    const seen = { ...view, frame: view.frame ? boxIn(view, view.frame) : [-1, -1, view.width + 1, view.height + 1], marks: over };
    const soft = quick && style === 'contour' && costOf(view) > BUDGET;
    ground.sheet.onScreen(ground.shown, peak, { ...look, width: look.lines ? lineWidth(view) : 0 }, seen, soft ? SOFT : 1);
    ground.sheet.marked();
  }

  // Bring a field of the view to the screen: the sharp one, at once or bit by bit, or a rough one while something moves.
  function settle(view, quick, given) {
    const finest = Math.min(1, Math.sqrt((ground.sheet.most ?? MOST_OF_FIELD) / (view.width * view.height)));
    const goal = coarser(view, finest), { sharp } = ground;
    if (holds(sharp, goal)) { ground.shown = sharp; return; }
    const budget = MARK_STYLES.has(given.look.style) ? UNDER_DOTS : BUDGET;
    if (quick) { hurry(view, goal, finest, budget); return; }
    const begun = performance.now(), plan = planned(sharp.plan, from, goal);
    if (plan.work * ground.pace <= (ground.shown.goal ? 2 * PIECE : FIRST)) { fill(sharp, plan, goal, begun); return; }
    hurry(view, goal, finest, budget);
    if (ground.shown !== sharp) refine(plan, goal, given);
  }

  // Milliseconds of a field of all cells.
  const costOf = (view) => (ground.sharp.work ?? (view.width * view.height) / 64) * ground.pace;

  const holds = ({ goal }, view) => goal !== null && goal.from === from && goal.sharpen === view.sharpen && goal.count === view.count && sameView(goal, view);

  function fill(target, plan, goal, begun) {
    ground.sheet.fill(target, plan);
    if (plan.whole) target.work = plan.work;
    target.goal = { ...goal, from };
    ground.shown = target;
    const here = ground, first = !here.warm;
    here.warm = true;
    if (first || here.timing || plan.work < 200) return;  // the first time programs are made
    here.timing = true;
    here.sheet.time(begun, (least, most) => {
      const took = Math.min(Math.max(here.pace * plan.work, least), most);
      here.pace += (here.paced ? 0.4 : 1) * (took / plan.work - here.pace);
      Object.assign(here, { timing: false, paced: true });
    });
  }

  // Something moves: only the cells that changed, or fewer pixels.
  function hurry(view, goal, finest, budget) {
    const { sharp, rough } = ground, begun = performance.now();
    if (sharp.plan && sameView(sharp.plan.view, goal)) {
      const plan = planned(sharp.plan, from, goal, { few: true });
      if (plan && plan.work * ground.pace <= budget) { fill(sharp, plan, goal, begun); return; }
    }
    const cost = costOf(view);
    ground.quality = QUALITIES.find((quality) => cost * quality ** 1.5 <= budget) ?? QUALITIES.at(-1);
    const coarse = coarser(view, Math.min(finest, ground.quality));
    if (holds(rough, coarse)) ground.shown = rough;
    else fill(rough, planned(rough.plan, from, coarse, ROUGH), coarse, begun);
  }

  // At rest: the sharp field in pieces, so that the page never waits long; until it is there the rough one stays.
  function refine(plan, goal, given) {
    const { sheet, sharp, pace } = ground;
    const each = Math.ceil(plan.which.length / Math.ceil((plan.work * pace) / PIECE + 1e-9));
    let first = 0;
    sharp.goal = null;
    const next = () => {
      if (sheet.busy) { coming = requestAnimationFrame(next); return; }
      const piece = plan.which.slice(first, first + each), done = (first += each) >= plan.which.length;
      sheet.fill(sharp, plan, piece, done);
      sheet.marked();
      coming = done ? 0 : requestAnimationFrame(next);
      if (!done) return;
      sharp.goal = { ...goal, from };
      if (plan.whole) sharp.work = plan.work;
      draw(given);
    };
    coming = requestAnimationFrame(next);
  }

  // The largest density, by which a picture is measured: that of all of home, of this field where all of it is in sight.
  function peakFor(view, quick) {
    const { sheet, shown: target, whole } = ground, box = homeIn({ ...coarser(view, target.width / view.width), width: target.width, height: target.height });
    if (box) return target.peak ?? sheet.largest(target, box);
    if (quick && whole.peak) return whole.peak;
    return measured(whole, wholeView(view));
  }

  function measured(target, view) {
    if (!holds(target, view)) {
      ground.sheet.fill(target, planned(target.plan, from, view));
      target.goal = { ...view, from };
    }
    return target.peak ?? ground.sheet.largest(target, [0, 0, target.width, target.height]);
  }

  // Dots or ellipses over a view. At rest dots are spread evenly, bit by bit.
  function markedAt(view, given, quick) {
    const { look } = given, fine = coarser(view, quick ? 0.5 : 1);
    if (look.style === 'dots' && !quick && store.more(from, view, look, 0)) {
      const next = () => {
        if (store.more(from, view, look)) coming = requestAnimationFrame(next);
        else draw(given);
      };
      coming = requestAnimationFrame(next);
    }
    const dots = look.style === 'dots' ? store.dots(from, view, look, quick) : null;
    const key = [from, dots, fine.width, fine.height, view.left, view.top, view.across, view.sharpen, view.count, look.style, look.ink, look.paper, look.radius];
    if (!ground.marked || key.some((value, i) => value !== ground.marked.key[i])) {
      ground.marked = { key, over: marks.marksOf(from, fine, look, dots, quick ? 2 : 16) };
    }
    return ground.marked.over;
  }

  // All of the frame at a size: RGBA, the top row first.
  function pixels(width, height, given, frame = shown.frame ?? shown.home, dotsFrom = store) {
    const [left, top, right, bottom] = frame, { sharpen, count, up } = shown, { sheet } = ground;
    if (!sheet) return null;
    const view = { sharpen, count, frame, home: frame, width, height, left, top: up ? bottom : top, across: (right - left) / width, down: ((up ? -1 : 1) * (bottom - top)) / height };
    const laidOn = marks && MARK_STYLES.has(given.style), style = laidOn ? marks.groundOf(from, given) : given.style;
    const look = tonedLook(laidOn ? { ...given, style, tone: {} } : given), target = sheet.target();
    const peak = FIELD_STYLES.has(style) ? measured(target, view) : null;
    let over = null;
    if (laidOn) {
      while (given.style === 'dots' && dotsFrom === store && store.more(from, view, given));
      over = marks.marksOf(from, view, given, given.style === 'dots' ? dotsFrom.dots(from, view, given) : null);
    }
    const bytes = sheet.pixels(target, peak, { ...look, width: look.lines ? lineWidth(view) : 0 }, { ...view, frame: [0, 0, width, height], marks: over });
    sheet.free(target);
    return bytes;
  }

  function destroy() {
    rest();
    canvas.removeEventListener('webglcontextlost', lost);
    canvas.removeEventListener('webglcontextrestored', restored);
    ground.sheet = null;
    gl?.getExtension('WEBGL_lose_context')?.loseContext();
  }

  return {
    canvas, software: !gl || inSoftware(gl), kind: gl ? 'webgl2' : 'canvas', says: flat?.says ?? null, setGaussians, draw, pixels, destroy,
    get refining() { return coming !== 0; },  // whether more is still to be drawn
    get busy() { return ground.sheet?.busy ?? false; },  // whether the last draw is still being drawn
    get ground() { return ground; },  // for those who measure
  };
}

// Whether what is drawn is drawn by the processor.
function inSoftware(gl) {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return /swiftshader|llvmpipe|softpipe|basic render|software/i.test(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER) ?? '');
}

const FIELD_STYLES = new Set(['mean', 'grid', 'contour']), MARK_STYLES = new Set(['dots', 'ellipses']);
