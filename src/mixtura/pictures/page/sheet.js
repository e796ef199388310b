// A mixture's field on the GPU, and the pictures that it is looked at as.
import { cellLists, CELLS_ROW, packed, ROW, TEXELS } from './cells.js';
import { seenGaussians } from './gaussians.js';
import { CELLS, COVER, field, LARGEST, tones } from './shaders.js';

const DEEP = 45;  // nats below the densest place that no tone curve shows
const FINE = 1 / 1024, COARSE = 1 / 64;  // shares of the density that may be left out
const BITS = 'RGBA32UI';

export class Sheet {
  constructor(gl) {
    this.gl = gl;
    this.programs = {
      plain: program(gl, CELLS, field(false)), colour: program(gl, CELLS, field(true)),
      largest: program(gl, COVER, LARGEST),
    };
    [this.table, this.cells, this.points, this.shades, this.marks] = [0, 1, 2, 3, 4].map(() => texture(gl));
    gl.bindVertexArray(gl.createVertexArray());
    gl.disable(gl.DITHER);
    this.sharp = this.target(); this.rough = this.target(); this.whole = this.target();
    this.steps = [this.target(), this.target(), this.target(), this.target(), this.target()];
    this.shown = this.sharp;
  }

  target() {
    return { texture: texture(this.gl), buffer: this.gl.createFramebuffer(), width: 0, height: 0, goal: null, plan: null, peak: null };
  }

  // The texture of a target, of this size.
  sized(target, width, height, inside = BITS) {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, target.buffer);
    if (target.width !== width || target.height !== height) {
      gl.activeTexture(gl.TEXTURE7);
      gl.bindTexture(gl.TEXTURE_2D, target.texture);
      const [format, type] = inside === BITS ? [gl.RGBA_INTEGER, gl.UNSIGNED_INT] : [gl.RGBA, gl.UNSIGNED_BYTE];
      gl.texImage2D(gl.TEXTURE_2D, 0, gl[inside], width, height, 0, format, type, null);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target.texture, 0);
      Object.assign(target, { width, height, goal: null, plan: null, peak: null });
    }
    gl.viewport(0, 0, width, height);
  }

  // What there is to draw of a view for a target: which of its cells changed since it was drawn.
  plan(target, from, view, error = FINE) {
    const seen = seenGaussians(from, view), { width, height } = view;
    const depth = from.colour ? Infinity : DEEP + Math.log(Math.max(1, seen.count));
    const before = target.plan, same = before && before.error === error && sameView(before.view, view);
    const changed = same ? changedComponents(before.seen, seen) : null;
    const lists = cellLists(seen, width, height, { error, depth });
    const which = changed ? dirtyCells(before.lists, lists, changed) : Array.from(lists.many.keys());
    let work = 0;
    for (const cell of which) work += Math.ceil(lists.many[cell] / 4);
    return { seen, lists, view, error, which, work };
  }

  // Draw those cells. A plan may be drawn in pieces, `which` of its cells; the last one is `done`.
  fill(target, plan, which = plan.which, done = true) {
    const { gl } = this, { seen, lists, view } = plan, kind = seen.colour ? 'colour' : 'plain';
    this.sized(target, view.width, view.height);
    if (which.length) {
      const { table, cells } = packed(seen, lists, which), width = ROW * TEXELS[kind];
      const { at } = this.use(kind), rows = cells.length / 4 / CELLS_ROW;
      this.bind(at, 0, 'table', this.table);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, width, table.length / 4 / width, 0, gl.RGBA, gl.FLOAT, table);
      this.bind(at, 1, 'cells', this.cells);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl[BITS], CELLS_ROW, rows, 0, gl.RGBA_INTEGER, gl.UNSIGNED_INT, cells);
      gl.uniform1i(at.across, lists.across); gl.uniform2f(at.size, view.width, view.height);
      gl.drawArrays(gl.TRIANGLES, 0, 6 * which.length);
    }
    target.peak = null;
    target.plan = done ? plan : null;
  }

  // The texture of one pixel with the largest log density of a target within [left, top, right, bottom), in its pixels.
  largest(target, within) {
    const { gl } = this, { at } = this.use('largest');
    let source = target, whose = 3, box = within, level = 0;
    do {
      const next = this.steps[level++], width = Math.ceil(source.width / 8), height = Math.ceil(source.height / 8);
      this.sized(next, width, height);
      this.bind(at, 0, 'source', source.texture);
      gl.uniform1i(at.whose, whose); gl.uniform4i(at.within, ...box);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      source = next; whose = 0; box = [0, 0, width, height];
    } while (source.width > 1 || source.height > 1);
    const one = this.peakOf(target);
    this.sized(one, 1, 1);
    this.bind(at, 0, 'source', source.texture);
    gl.uniform1i(at.whose, 0); gl.uniform4i(at.within, 0, 0, 1, 1);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    return (target.peak = one);
  }

  peakOf(target) {
    return (target.top ??= this.target());
  }

  // The peak that a field's density is measured by: of the frame, seen as finely as the screen sees it, or its own
  // where all of the frame is on the screen. quick: an old one will do.
  peak(target, from, view, quick) {
    const [left, top, right, bottom] = view.home, { width, height } = view;
    const box = [(left - view.left) / view.across, (top - view.top) / view.down,
      (right - view.left) / view.across, (bottom - view.top) / view.down];
    const low = [Math.min(box[0], box[2]), Math.min(box[1], box[3])], high = [Math.max(box[0], box[2]), Math.max(box[1], box[3])];
    if (low[0] > -1 && low[1] > -1 && high[0] < width + 1 && high[1] < height + 1) {
      return target.peak ?? this.largest(target, [...low.map((edge) => Math.max(0, Math.ceil(edge - 0.5))),
        Math.min(width, Math.floor(high[0] + 0.5)), Math.min(height, Math.floor(high[1] + 0.5))]);
    }
    if (quick && this.whole.peak) return this.whole.peak;
    const blur = view.blur ?? Math.max(1, Math.abs(view.across)), most = 1024;
    const unit = Math.max(view.frame ? blur : 0, (right - left) / most, (bottom - top) / most);
    const sides = [Math.max(1, Math.round((right - left) / unit)), Math.max(1, Math.round((bottom - top) / unit))];
    const all = { ...view, blur, left, top, across: (right - left) / sides[0], down: (bottom - top) / sides[1], width: sides[0], height: sides[1] };
    if (this.whole.goal?.from !== from || !sameView(this.whole.goal, all)) {
      this.fill(this.whole, this.plan(this.whole, from, all));
      this.whole.goal = { ...all, from };
      this.largest(this.whole, [0, 0, ...sides]);
    }
    return this.whole.peak;
  }

  // The picture of a target in the framebuffer that is bound (null: the canvas).
  tone(target, peak, look, { width, height, frame, screen, marks = null }) {
    const { gl } = this, { kind, gamma, points } = look.curve;
    const scaled = target.width !== width || target.height !== height;
    const framed = frame[0] > 0 || frame[1] > 0 || frame[2] < width || frame[3] < height;
    const { at } = this.toning({ look: look.style, curve: kind, scaled, marked: marks !== null, framed });
    const numbers = (format, from) => gl.texImage2D(gl.TEXTURE_2D, 0, gl[format + '32F'], from.length, 1, 0, gl[format], gl.FLOAT, new Float32Array(from.flat()));
    this.bind(at, 0, 'source', target.texture);
    this.bind(at, 1, 'peak', (peak ?? this.peakOf(target)).texture);
    if (this.bind(at, 2, 'points', this.points)) numbers('RG', points.map(([x, grey]) => [x, grey / 255]));
    if (this.bind(at, 3, 'shades', this.shades)) numbers('RGB', look.shades);
    if (this.bind(at, 4, 'marks', this.marks)) gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, marks.width, marks.height, 0, gl.RGBA, gl.UNSIGNED_BYTE, marks.bytes);
    gl.viewport(0, 0, width, height);
    gl.uniform1f(at.upright, screen ? 0 : 1); gl.uniform2f(at.size, width, height);
    gl.uniform2f(at.bounds, target.width, target.height); gl.uniform2f(at.step, target.width / width, target.height / height);
    if (marks) gl.uniform2f(at.marking, marks.width / width, marks.height / height);
    gl.uniform4f(at.frame, ...frame);
    gl.uniform1i(at.many, points.length); gl.uniform1f(at.power, gamma); gl.uniform1f(at.full, look.full);
    gl.uniform1i(at.levels, look.shades.length - 1); gl.uniform1f(at.reach, look.reach); gl.uniform1f(at.width, look.width);
    gl.uniform3f(at.ink, ...look.ink); gl.uniform3f(at.paper, ...look.paper);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  // The program that paints so; made when it is wanted first.
  toning(kind) {
    const name = Object.values(kind).join();
    this.programs[name] ??= program(this.gl, COVER, tones(kind));
    return this.use(name);
  }

  // Whether the program has a use for the texture.
  bind(at, unit, name, which) {
    const { gl } = this;
    if (!at[name]) return false;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, which);
    gl.uniform1i(at[name], unit);
    return true;
  }

  use(name) {
    this.gl.useProgram(this.programs[name].program);
    return this.programs[name];
  }

  // Call back with the milliseconds until all that was asked for is drawn.
  time(told) {
    const { gl } = this, begun = performance.now(), sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    const look = () => {
      if (!sync || gl.isContextLost()) return;
      if (gl.clientWaitSync(sync, 0, 0) === gl.TIMEOUT_EXPIRED) { setTimeout(look, 2); return; }
      gl.deleteSync(sync);
      told(performance.now() - begun);
    };
    setTimeout(look, 1);
  }
}

export const sameView = (one, other) => ['width', 'height', 'left', 'top', 'across', 'down', 'blur'].every((name) => one[name] === other[name]);

// Which components of `now` differ from those of `before`; null where they are others.
function changedComponents(before, now) {
  if (before.count !== now.count || before.colour !== now.colour) return null;
  const changed = new Uint8Array(now.count), names = ['x', 'y', 's', 'a', 'b', 'c'];
  for (let k = 0; k < now.count; k++) {
    changed[k] = names.some((name) => before[name][k] !== now[name][k]) ? 1 : 0;
    for (let j = 0; now.colour && j < 6; j++) {
      if (before.gain[6 * k + j] !== now.gain[6 * k + j] || (j < 3 && before.mean[3 * k + j] !== now.mean[3 * k + j])) changed[k] = 1;
    }
  }
  return changed;
}

// Cells whose list is another, or has a component that changed.
function dirtyCells(before, now, changed) {
  const dirty = [];
  for (let cell = 0; cell < now.many.length; cell++) {
    const many = now.many[cell], p = before.start[cell], q = now.start[cell];
    let clean = many === before.many[cell];
    for (let i = 0; clean && i < many; i++) clean = now.entries[q + i] === before.entries[p + i] && !changed[now.entries[q + i]];
    if (!clean) dirty.push(cell);
  }
  return dirty;
}

function texture(gl) {
  const made = gl.createTexture();
  gl.activeTexture(gl.TEXTURE7);  // which nothing is read from
  gl.bindTexture(gl.TEXTURE_2D, made);
  for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, side, gl.CLAMP_TO_EDGE);
  return made;
}

function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(made, shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) throw Error(gl.getShaderInfoLog(shader));
  }
  gl.linkProgram(made);
  const at = {};
  for (let i = gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS) - 1; i >= 0; i--) {
    const { name } = gl.getActiveUniform(made, i);
    at[name.replace('[0]', '')] = gl.getUniformLocation(made, name);
  }
  return { program: made, at };
}
