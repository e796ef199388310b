// A mixture's field on the GPU, and the pictures that it is looked at as.
import { CELLS_ROW, packed, ROW, TEXELS } from './cells.js';
import { CELLS, COVER, field, LARGEST, lined, risen, tones } from './shaders.js';

const BITS = 'RGBA32UI';
const FORMATS = { RGBA32UI: ['RGBA_INTEGER', 'UNSIGNED_INT'], R32UI: ['RED_INTEGER', 'UNSIGNED_INT'], RGBA8: ['RGBA', 'UNSIGNED_BYTE'] };

const MADE = { tones, lined, risen };

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
    this.high = this.target();
    this.drawn = this.target();
    this.less = this.target();
    this.made = 0;
    this.mark = null;
    this.steps = Array.from({ length: 6 }, () => this.target());
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
      const [format, type] = FORMATS[inside].map((name) => gl[name]);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl[inside], width, height, 0, format, type, null);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target.texture, 0);
      Object.assign(target, { width, height, goal: null, plan: null, peak: null });
    }
    gl.viewport(0, 0, width, height);
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
      gl.uniform1i(at.across, lists.across); gl.uniform1f(at.side, lists.side); gl.uniform2f(at.size, view.width, view.height);
      gl.drawArrays(gl.TRIANGLES, 0, 6 * which.length);
    }
    target.peak = null;
    target.plan = done ? plan : null;
  }

  // Measure the largest log density of a target within [left, top, right, bottom), in its pixels: a target of one pixel.
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
    one.made = ++this.made;
    return (target.peak = one);
  }

  peakOf(target) {
    return (target.top ??= this.target());
  }

  // The picture of a target in a framebuffer (null: that of the canvas).
  tone(into, target, peak, look, { width, height, frame, marks = null }) {
    const { gl } = this, { kind, gamma, points } = look.curve, contoured = look.style === 'contour';
    const scaled = !contoured && (target.width !== width || target.height !== height);
    const source = contoured ? this.contours(target, peak, look, { width, height, frame }) : target;
    const framed = frame[0] > 0 || frame[1] > 0 || frame[2] < width || frame[3] < height;
    const { at } = this.toning('tones', { look: look.style, curve: kind, scaled, marked: marks !== null, framed });
    const numbers = (format, from) => gl.texImage2D(gl.TEXTURE_2D, 0, gl[format + '32F'], from.length, 1, 0, gl[format], gl.FLOAT, new Float32Array(from.flat()));
    gl.bindFramebuffer(gl.FRAMEBUFFER, into);
    this.bind(at, 0, 'source', source.texture);
    this.bind(at, 1, 'peak', (peak ?? this.peakOf(target)).texture);
    if (this.bind(at, 2, 'points', this.points)) numbers('RG', points.map(([x, grey]) => [x, grey / 255]));
    if (this.bind(at, 3, 'shades', this.shades)) numbers('RGB', look.shades);
    if (this.bind(at, 4, 'marks', this.marks)) gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, marks.width, marks.height, 0, gl.RGBA, gl.UNSIGNED_BYTE, marks.bytes);
    gl.viewport(0, 0, width, height);
    gl.uniform1f(at.upright, into ? 1 : 0); gl.uniform2f(at.size, width, height);
    gl.uniform2f(at.bounds, target.width, target.height); gl.uniform2f(at.step, target.width / width, target.height / height);
    if (marks) gl.uniform2f(at.marking, marks.width / width, marks.height / height);
    gl.uniform4f(at.frame, ...frame);
    gl.uniform1i(at.many, points.length); gl.uniform1f(at.power, gamma); gl.uniform1f(at.full, look.full);
    gl.uniform1i(at.levels, look.shades.length - 1); gl.uniform1f(at.reach, look.reach); gl.uniform1f(at.width, look.width);
    gl.uniform3f(at.ink, ...look.ink); gl.uniform3f(at.paper, ...look.paper);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  // How high each pixel of a picture of contours lies: a target of its size.
  height(target, peak, look, width, height) {
    const key = [target.plan, peak.made, width, height, look.reach, look.shades.length];
    if (this.high.key?.every((value, i) => value === key[i])) return this.high;
    const { gl } = this, { at } = this.toning('risen', { scaled: target.width !== width || target.height !== height });
    this.sized(this.high, width, height, 'R32UI');
    this.bind(at, 0, 'source', target.texture);
    this.bind(at, 1, 'peak', peak.texture);
    gl.uniform2f(at.bounds, target.width, target.height); gl.uniform2f(at.step, target.width / width, target.height / height);
    gl.uniform1f(at.reach, look.reach); gl.uniform1i(at.levels, look.shades.length - 1);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    this.high.key = key;
    return this.high;
  }

  // The contours of a picture without their colours: a target of its size.
  contours(target, peak, look, { width, height, frame }) {
    const high = this.height(target, peak, look, width, height), key = [...high.key, look.width, ...frame];
    if (this.drawn.key?.every((value, i) => value === key[i])) return this.drawn;
    const { gl } = this, { at } = this.toning('lined', {});
    this.sized(this.drawn, width, height, 'R32UI');
    this.bind(at, 0, 'source', high.texture);
    gl.uniform2f(at.size, width, height); gl.uniform4f(at.frame, ...frame);
    gl.uniform1i(at.levels, look.shades.length - 1); gl.uniform1f(at.width, look.width);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    this.drawn.key = key;
    return this.drawn;
  }

  // The program that paints so; made when it is wanted first.
  toning(what, kind) {
    const name = [what, ...Object.values(kind)].join();
    this.programs[name] ??= program(this.gl, COVER, MADE[what](kind));
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

  // RGBA, the top row first, of what `tone` paints.
  pixels(target, peak, look, view) {
    const { gl } = this, { width, height } = view, picture = this.target(), bytes = new Uint8ClampedArray(4 * width * height);
    this.sized(picture, width, height, 'RGBA8');
    this.tone(picture.buffer, target, peak, look, view);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    this.free(picture);
    return bytes;
  }

  // From here on, whether all that was asked for so far is drawn.
  marked() {
    const { gl } = this;
    if (this.mark) gl.deleteSync(this.mark);
    this.mark = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
  }

  get busy() {
    const { gl } = this;
    if (this.mark && gl.clientWaitSync(this.mark, 0, 0) !== gl.TIMEOUT_EXPIRED) { gl.deleteSync(this.mark); this.mark = null; }
    return Boolean(this.mark);
  }

  // On the canvas; quality: the share of its sides that is painted, and made larger.
  onScreen(target, peak, look, view, quality = 1) {
    if (quality === 1) { this.tone(null, target, peak, look, view); return; }
    const { gl } = this, { width, height } = view, w = Math.ceil(width * quality), h = Math.ceil(height * quality);
    this.sized(this.less, w, h, 'RGBA8');
    this.tone(this.less.buffer, target, peak, { ...look, width: look.width * quality }, { ...view, width: w, height: h, frame: view.frame.map((side, i) => side * (i % 2 ? h / height : w / width)) });
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, this.less.buffer);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
    gl.blitFramebuffer(0, 0, w, h, 0, height, width, 0, gl.COLOR_BUFFER_BIT, gl.LINEAR);
  }

  free(target) {
    this.gl.deleteTexture(target.texture);
    this.gl.deleteFramebuffer(target.buffer);
    if (target.top) this.free(target.top);
  }

  // Call back with the milliseconds from `begun` until all that was asked for is drawn, at least and at most: a page that
  // is busy sees late that it is done.
  time(begun, told) {
    const { gl } = this, sync = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    let seen = performance.now();
    gl.flush();
    const look = () => {
      const now = performance.now();
      if (!sync || gl.isContextLost()) return;
      if (gl.clientWaitSync(sync, 0, 0) === gl.TIMEOUT_EXPIRED) { seen = now; setTimeout(look, 2); return; }
      gl.deleteSync(sync);
      told(seen - begun, now - begun);
    };
    setTimeout(look, 1);
  }
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
