'use strict';
// A Gaussian mixture, painted exactly at every pixel: first each small square of the screen finds the few components
// that matter in it (on the CPU, by halving squares), then a shader adds those up (on the GPU).
//
// data: {frame, colour, count, views, tone, black, ink, paper, shades, reach, model or ways}; black is the share of the
// largest density from which on ink is full. The model holds, heaviest component first, the log weight, the mean (2) of
// the place and its covariance's Cholesky factor (3, by rows), and for colours their mean (3) and their covariances with the place (3 x 2): float32 in base64.
const $ = (id) => document.getElementById(id);
const canvas = $('sheet');
const decode = (text) => new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const ways = (data.ways ?? []).map(decode);  // none where one model is shown
const WIDTH = data.colour ? 15 : 6, TEXELS = data.colour ? 4 : 2;
const CELL = 16;                                // pixels a side
const CUT = Math.log(data.count) + Math.log(4096);  // all that is left out is below 1/4096 of the density
const [LEFT, TOP, RIGHT, BOTTOM] = data.frame;
const VIEWS = { mean: 0, grid: 1, contour: 2 };

const model = data.model ? decode(data.model) : new Float64Array(data.count * WIDTH);

// The model at a time, 0 at the start of the first way and 1 at its end: means and factors lie between those of the
// ends, which a way holds for each pair of components after the log weight.
let shown;
function go(time) {
  if (time === shown) return;
  shown = time;
  const i = Math.min(Math.floor(time), ways.length - 1), way = ways[i], t = time - i;
  const D = data.colour ? 5 : 2, END = D + D * D, ROW = 1 + 2 * END, between = new Float64Array(END);
  for (let k = 0; k < data.count; k++) {
    const from = Math.min(k, way.length / ROW - 1) * ROW, m = model.subarray(k * WIDTH, (k + 1) * WIDTH);
    for (let j = 0; j < END; j++) between[j] = (1 - t) * way[from + 1 + j] + t * way[from + 1 + END + j];
    const covariance = (a, b) => {
      let sum = 0;
      for (let j = 0; j < D; j++) sum += between[D * (1 + a) + j] * between[D * (1 + b) + j];
      return sum;
    };
    m[0] = k * ROW < way.length ? way[from] : -300;  // another way joins more
    m[1] = between[0]; m[2] = between[1];
    m[3] = Math.sqrt(covariance(0, 0));
    m[4] = covariance(1, 0) / m[3];
    m[5] = Math.sqrt(covariance(1, 1) - m[4] * m[4]);
    for (let j = 2; j < D; j++) {
      m[4 + j] = between[j];
      m[5 + 2 * j] = covariance(j, 0); m[6 + 2 * j] = covariance(j, 1);
    }
  }
}

const VERTEX = `#version 300 es
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }`;

const FRAGMENT = `
precision highp float; precision highp int; precision highp sampler2D; precision highp usampler2D;
uniform sampler2D parts; uniform usampler2D cells, list;
uniform vec2 origin; uniform float unit; uniform int height, across, view; uniform vec4 frame;
uniform float top, tone, reach, width; uniform vec3 ink, paper, shades[33]; uniform int levels;
vec4 part(int k, int j) { int i = k * ${TEXELS} + j; return texelFetch(parts, ivec2(i & 1023, i >> 10), 0); }
vec3 shade(float number) {
  float at = clamp(number, 0.0, float(levels)); int i = min(int(at), levels - 1);
  return mix(shades[i], shades[i + 1], at - float(i));
}
float floors(float t) { float whole = floor(t); return whole * (t - 0.5 * (whole + 1.0)); }
float inked(float t, float half_) { float near = round(t); return 2.0 * half_ * near + clamp(t - near, -half_, half_); }
vec3 contour(float log_density, vec2 slope) {
  float z = sqrt(2.0 * max(top - log_density, 0.0)), n = float(levels), at = n * (1.0 - z / reach) + 1.0;
  float h = clamp(at, 0.0, n + 1.0), s = at == h ? max(0.01, length(slope) * unit * n / (max(z, 1e-3) * reach)) : 0.01;
  float low = h - 0.5 * s, base = floor(low), start = low - base;
  vec3 ground = shade(base + (floors(start + s) - floors(start)) / s);
  float half_ = min(0.5 * width * s, 0.5), a = clamp(h - 0.5 * s, 0.5, n + 0.5), b = clamp(h + 0.5 * s, 0.5, n + 0.5);
  return ground * (1.0 - 0.4 * clamp((inked(b, half_) - inked(a, half_)) / s, 0.0, 1.0));
}
#ifdef RAW
out uint raw;
#else
out vec4 paint;
#endif
void main() {
  ivec2 pixel = ivec2(gl_FragCoord.xy); pixel.y = height - 1 - pixel.y;
  vec2 place = origin + (vec2(pixel) + 0.5) * unit, slope = vec2(0.0);
  int cell = pixel.y / ${CELL} * across + pixel.x / ${CELL};
  uvec2 range = texelFetch(cells, ivec2(cell & 1023, cell >> 10), 0).xy;
  float most = -1e30, total = 0.0; vec3 colour = vec3(0.0);
  for (uint i = range.x; i < range.y; i++) {
    int k = int(texelFetch(list, ivec2(i & 2047u, i >> 11), 0).x);
    vec4 p = part(k, 0), q = part(k, 1); vec2 d = place - p.xy;
    vec2 z = vec2(p.w * d.x, dot(q.xy, d)); float e = p.z - 0.5 * dot(z, z);
    if (e > most) { float less = exp(most - e); total *= less; colour *= less; slope *= less; most = e; }
    float share = exp(e - most); total += share;
    ${data.colour ? `if (view == 0) {
      vec4 r = part(k, 2), g = part(k, 3);
      colour += share * (vec3(q.zw, r.x) + vec3(dot(r.yz, d), dot(vec2(r.w, g.x), d), dot(g.yz, d)));
    }` : ''}
    if (view == 2) slope += share * vec2(p.w * z.x + q.x * z.y, q.y * z.y);
  }
  float log_density = most + log(total);
#ifdef RAW
  raw = floatBitsToUint(log_density);
#else
  if (any(lessThan(place, frame.xy)) || any(greaterThan(place, frame.zw))) { paint = vec4(0.0); return; }
  vec3 shown = view == 0 ? pow(clamp(colour / total / 255.0, 0.0, 1.0), vec3(tone))
    : view == 1 ? mix(paper, ink, exp(min(tone * (log_density - top), 0.0)))
    : contour(log_density, slope / total);
  paint = vec4(shown, 1.0);
#endif
}`;

// Paints one picture after the other: {width, height, left, top, unit, sharpen, tone, count, view}, unit in the
// picture's pixels a pixel painted.
class Painter {
  constructor(gl) {
    this.gl = gl;
    this.programs = [this.program(''), this.program('#define RAW\n')];
    [this.parts, this.cells, this.list] = [0, 1, 2].map((i) => {
      const texture = gl.createTexture();
      gl.activeTexture(gl.TEXTURE0 + i);
      gl.bindTexture(gl.TEXTURE_2D, texture);
      for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
      return texture;
    });
    gl.activeTexture(gl.TEXTURE3);
    gl.bindVertexArray(gl.createVertexArray());
    gl.disable(gl.DITHER);
    this.table = new Float32Array(1024 * 4 * Math.ceil((data.count * TEXELS) / 1024));
    for (const name of ['x', 'y', 's', 'a', 'b', 'c', 'spread', 'upper']) this[name] = new Float64Array(data.count);
    this.entries = new Uint32Array(1 << 16);
    this.peaks = new Map();
  }

  program(head) {
    const gl = this.gl, program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, '#version 300 es\n' + head + FRAGMENT]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS) && !gl.isContextLost()) throw Error(gl.getShaderInfoLog(shader));
    }
    gl.linkProgram(program);
    const at = {};
    for (let i = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) - 1; i >= 0; i--) {
      const name = gl.getActiveUniform(program, i).name;
      at[name.replace('[0]', '')] = gl.getUniformLocation(program, name);
    }
    return { program, at };
  }

  // The components as the shader wants them, `blur` being the width of a pixel (one that is wide sees less).
  prepare({ count, sharpen, time }, blur) {
    if (ways.length) go(time);
    const { x, y, s, a, b, c, spread, table } = this, extra = Math.max(0, blur * blur - 1) / 12;
    for (let k = 0; k < count; k++) {
      const m = model.subarray(k * WIDTH, (k + 1) * WIDTH);
      const xx = sharpen * m[3] * m[3] + extra, xy = sharpen * m[3] * m[4];
      const yy = sharpen * (m[4] * m[4] + m[5] * m[5]) + extra;
      const l = Math.sqrt(xx), n = Math.sqrt(yy - (xy * xy) / xx);
      x[k] = m[1]; y[k] = m[2]; a[k] = 1 / l; b[k] = -xy / (xx * n); c[k] = 1 / n;
      s[k] = m[0] - Math.log(l * n);
      spread[k] = Math.max(Math.hypot(a[k], b[k] + c[k]), Math.hypot(a[k], b[k] - c[k]));
      const out = [x[k], y[k], s[k], a[k], b[k], c[k]];
      if (data.colour) {
        const det = xx * yy - xy * xy, gain = [];
        for (let i = 0; i < 3; i++) {
          const u = sharpen * m[9 + 2 * i], v = sharpen * m[10 + 2 * i];
          gain.push((u * yy - v * xy) / det, (v * xx - u * xy) / det);
        }
        out.push(m[6], m[7], m[8], ...gain);
      }
      table.set(out, k * 4 * TEXELS);
    }
    const gl = this.gl;
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.parts);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, 1024, table.length / 4096, 0, gl.RGBA, gl.FLOAT, table);
  }

  // Which components matter in which cell: a square's list is that of the square around it, less those that lie
  // everywhere too far below the best. Where only densities are shown, what is far below the densest is paper.
  cull({ width, height, left, top, unit, count, view, tone }) {
    const { x, y, s, a, b, c, spread, upper } = this;
    const faint = Math.max(0.5 * data.reach ** 2, 6.5 / tone) + Math.log(count) + 4;  // nats that neither view shows
    let floor = -Infinity;
    if (view !== 'mean') for (let k = 0; k < count; k++) floor = Math.max(floor, s[k] - faint);
    const across = Math.ceil(width / CELL), down = Math.ceil(height / CELL);
    const levels = Math.ceil(Math.log2(Math.max(across, down)));
    const cells = new Uint32Array(2 * 1024 * Math.ceil((across * down) / 1024));
    const lists = Array.from({ length: levels + 2 }, () => new Uint32Array(count));
    let used = 0;
    const visit = (level, column, row, length) => {
      const side = CELL * unit * 2 ** level, half = side / 2;
      const cx = left + (column + 0.5) * side, cy = top + (row + 0.5) * side;
      const from = lists[level + 1], to = lists[level];
      let best = -Infinity, kept = 0;
      for (let i = 0; i < length; i++) {
        const k = from[i], dx = cx - x[k], dy = cy - y[k], u = a[k] * dx, v = b[k] * dx + c[k] * dy;
        const r = Math.sqrt(u * u + v * v), wide = spread[k] * half, near = Math.max(0, r - wide), far = r + wide;
        upper[i] = s[k] - 0.5 * near * near;
        best = Math.max(best, s[k] - 0.5 * far * far);
      }
      const least = Math.max(best - CUT, floor);
      for (let i = 0; i < length; i++) if (upper[i] >= least) to[kept++] = from[i];
      if (!kept) to[kept++] = from[0];
      if (level) {
        for (let j = 0; j < 4; j++) {
          const next = [2 * column + (j & 1), 2 * row + (j >> 1)], size = 2 ** (level - 1);
          if (next[0] * size < across && next[1] * size < down) visit(level - 1, ...next, kept);
        }
        return;
      }
      while (used + kept > this.entries.length) {
        const more = new Uint32Array(2 * this.entries.length);
        more.set(this.entries);
        this.entries = more;
      }
      this.entries.set(to.subarray(0, kept), used);
      cells.set([used, used + kept], 2 * (row * across + column));
      used += kept;
    };
    for (let k = 0; k < count; k++) lists[levels + 1][k] = k;
    visit(levels, 0, 0, count);
    const gl = this.gl, rows = Math.max(1, Math.ceil(used / 2048));
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.cells);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RG32UI, 1024, cells.length / 2048, 0, gl.RG_INTEGER, gl.UNSIGNED_INT, cells);
    gl.activeTexture(gl.TEXTURE2);
    gl.bindTexture(gl.TEXTURE_2D, this.list);
    const filled = this.entries.subarray(0, rows * 2048);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.R32UI, 2048, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_INT, filled);
    return across;
  }

  // Paint into the framebuffer that is bound.
  paint(look, peak, raw = 0) {
    const gl = this.gl, { program, at } = this.programs[raw];
    const across = this.cull(raw ? { ...look, view: 'grid' } : look);
    gl.useProgram(program);
    gl.viewport(0, 0, look.width, look.height);
    const set = (kind, name, ...values) => at[name] && gl['uniform' + kind](at[name], ...values);
    set('1i', 'parts', 0); set('1i', 'cells', 1); set('1i', 'list', 2);
    set('2f', 'origin', look.left, look.top); set('1f', 'unit', look.unit);
    set('1i', 'height', look.height); set('1i', 'across', across); set('1i', 'view', raw ? 1 : VIEWS[look.view]);
    set('4f', 'frame', LEFT, TOP, RIGHT, BOTTOM);
    set('1f', 'top', look.view === 'grid' ? peak + Math.log(data.black) : peak); set('1f', 'tone', look.tone); set('1f', 'reach', data.reach);
    set('1f', 'width', Math.max(1, Math.sqrt(look.width * look.height) / 1000));
    set('3fv', 'ink', data.ink); set('3fv', 'paper', data.paper); set('3fv', 'shades', data.shades.flat());
    set('1i', 'levels', data.shades.length - 1);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  // The largest log density at the pixels of the frame, one to a unit or, where they are wider, of that width.
  peak(look, blur) {
    const key = [look.count, look.sharpen, look.time, blur].join();
    if (!this.peaks.has(key)) {
      const gl = this.gl, unit = Math.max(blur, (RIGHT - LEFT) / 1024, (BOTTOM - TOP) / 1024);
      const width = Math.max(1, Math.round((RIGHT - LEFT) / unit)), height = Math.max(1, Math.round((BOTTOM - TOP) / unit));
      const bits = this.offscreen(width, height, [gl.R32UI, gl.RED_INTEGER, gl.UNSIGNED_INT], () => {
        this.paint({ ...look, width, height, left: LEFT, top: TOP, unit }, 0, 1);
        const four = new Uint32Array(4 * width * height);
        gl.readPixels(0, 0, width, height, gl.RGBA_INTEGER, gl.UNSIGNED_INT, four);
        return four;
      });
      const values = new Float32Array(bits.buffer);
      let most = -Infinity;
      for (let i = 0; i < values.length; i += 4) if (values[i] > most) most = values[i];
      if (this.peaks.size > 200) this.peaks.clear();
      this.peaks.set(key, most);
    }
    return this.peaks.get(key);
  }

  offscreen(width, height, [inside, format, type], work) {
    const gl = this.gl, texture = gl.createTexture(), buffer = gl.createFramebuffer();
    gl.activeTexture(gl.TEXTURE3);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, inside, width, height, 0, format, type, null);
    gl.bindFramebuffer(gl.FRAMEBUFFER, buffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    const result = work();
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.deleteFramebuffer(buffer);
    gl.deleteTexture(texture);
    return result;
  }

  // quick: the last peak will do.
  draw(look, quick = false) {
    const blur = Math.max(1, look.unit);
    this.prepare(look, blur);
    if (look.view === 'mean') this.paint(look, 0);
    else {
      if (!quick || this.last === undefined) this.last = this.peak(look, blur);
      this.paint(look, this.last);
    }
  }

  // The pixels of a picture, RGBA, the top row first.
  pixels(look) {
    const gl = this.gl, { width, height } = look, blur = Math.max(1, look.unit);
    this.prepare(look, blur);
    const peak = look.view === 'mean' ? 0 : this.peak(look, blur);
    return this.offscreen(width, height, [gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE], () => {
      this.paint(look, peak);
      const turned = new Uint8ClampedArray(4 * width * height), upright = new Uint8ClampedArray(4 * width * height);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, turned);
      for (let row = 0; row < height; row++) {
        upright.set(turned.subarray(4 * width * row, 4 * width * (row + 1)), 4 * width * (height - 1 - row));
      }
      return upright;
    });
  }
}

const settings = { view: data.views[0], sharpen: 1, tone: data.tone, count: data.count };
if (ways.length) settings.time = 0;
const eye = { x: (LEFT + RIGHT) / 2, y: (TOP + BOTTOM) / 2, unit: 1 };  // what is in the middle; units a CSS pixel
let painter, quality = 1, asked = 0, resting = 0, before = 0, follow = true;

const margin = () => (innerWidth < 600 ? 0 : 48);
const side = () => (innerWidth >= 1000 && $('panel').open && !$('panel').hidden ? 336 : 0);  // room for the panel
const fitting = () => Math.max((RIGHT - LEFT) / (innerWidth - side() - margin()),
  (BOTTOM - TOP) / Math.max(1, innerHeight - margin()));
const ratio = () => Math.min(devicePixelRatio || 1, 3);

function paintNow(now, quick) {
  asked = 0;
  const scale = ratio() * (quick ? quality : 1);
  const width = Math.max(1, Math.round(innerWidth * scale)), height = Math.max(1, Math.round(innerHeight * scale));
  if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
  const unit = (eye.unit * innerWidth) / width;
  const corner = { left: eye.x - (unit * width) / 2, top: eye.y - (unit * height) / 2 };
  painter.draw({ ...settings, width, height, unit, ...corner }, quick);
  // While moving, fewer pixels where they take too long; all of them at rest.
  if (quick && now - before < 500) {
    if (now - before > 45) quality = Math.max(0.25, quality * 0.75);
    else if (now - before < 22) quality = Math.min(1, quality * 1.1);
  }
  before = quick ? now : -Infinity;  // the time between two pictures tells how long one takes only while moving
}

function repaint() {
  if (!painter) return;
  if (!asked) asked = requestAnimationFrame((now) => paintNow(now, true));
  clearTimeout(resting);
  resting = setTimeout(() => requestAnimationFrame((now) => paintNow(now, false)), 160);
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
  const gl = canvas.getContext('webgl2', { antialias: false, depth: false, stencil: false, preserveDrawingBuffer: true });
  try {
    painter = gl && new Painter(gl);
  } catch (error) {
    console.warn(error);
  }
  if (!painter) {
    $('sorry').textContent = 'This page paints with WebGL2, which this browser does not have or has switched off. ' +
      'A current Firefox, Chrome, Edge or Safari shows the picture.';
    $('sorry').hidden = false;
    canvas.hidden = $('panel').hidden = true;
    return;
  }
  canvas.addEventListener('webglcontextlost', (event) => { event.preventDefault(); painter = null; });
  canvas.addEventListener('webglcontextrestored', () => { painter = new Painter(gl); repaint(); });
  // For other scripts: the whole picture at a size, RGBA from the top left, as it is set or as asked for.
  window.mixtura = {
    settings,
    picture: (width, height, more = {}) => painter.pixels({
      ...settings, ...more, width, height, left: LEFT, top: TOP, unit: (RIGHT - LEFT) / width,
    }),
  };
  read();
  whole();
  cancelAnimationFrame(asked);
  clearTimeout(resting);
  paintNow(performance.now(), false);  // at once, so that nobody sees an empty page
}
begin();
