// Reads and paints tiny pictures of the format .gmx, whose law is docs/gmx.md.
//
// <gmx-picture src="a.gmx" role="img" aria-label="..."></gmx-picture>, or data="base64", is like an <img>; an <img> within
// covers it once it has loaded. Without the element: paint(canvas, bytes), or pixels(read(bytes), width, height).

// Of 18 letters a set; ~ is 777777, and the last sets are alike.
const LETTERS = `FOJA2........OOOOOpO]:#~77B.;3DsObI.#~7I;BB*yOn]K/%~JIKE={Owrk_KH86777RUFGAlOX6#%~7B-;:%rOcI/#.~I8BC6pOncQQ?~=I?G:bOI#~7777PPPPlObQ##~7H8M9#nOjbT8%#77777HFMJ;nOh^BH+~EABO-uOiVD6-277777G@FB:yOsdK2*%%7777NINN;SO:1+%~757BE(bOJ5*%~7=3?8(rO_N3%(~J;GG0GO.)#~773/:B8bOH-((~7:0;=(oO[B**~7F4ER/nO7777+~EABO-uO7776-277777G@FB:yO7772*%%7777NINN;rO77/#.~I8BC6SO71+%~757BE(`.replace(/~/g, '777777');
const SHAPES = [[], [1, 1], [3, 2], [2, 3], [4, 3], [3, 4], [16, 9], [9, 16]];
const TURNS = [4, 6, 12, 16, 24, 32, 48, 64];
const SIDE = 256; // pixels, the longer side of what is painted without WebGL
const { floor, min, max, ceil, sin, cos, exp } = Math;
const quotient = (a, b) => floor(a / b);
const within = (x, low, high) => max(low, min(high, x));

/** A file as {width, height, opacity, parts}: 20 numbers a component. Throws where it is damaged. */
export function read(data) {
  let at = 1, range = 2 ** 32 - 1, code = 0;
  const next = () => { code = code * 256 + (data[at++] ?? 0); };
  for (let i = 4; i--;) next();
  const bit = (chance) => {
    const bound = (range >>> 12) * chance, one = code < bound;
    if (one) range = bound; else { range -= bound; code -= bound; }
    for (; range < 2 ** 24; range *= 256) next();
    return +one;
  };
  const raw = (n) => { let value = 0; while (n--) value = 2 * value + bit(2048); return value; };
  const learning = (model) => {
    const one = bit(model[0] >> 3 | 1);
    model[0] += (one * 32768 - model[0]) * quotient(131072, 2 * model[1] + 3) >> 16;
    model[1] = min(model[1] + 1, 127);
    return one;
  };
  const residual = (set) => {
    if (!learning(set[0])) return 0;
    const sign = 1 - 2 * learning(set[1]);
    let bits = 1, value = 1;
    while (bits < 12 && learning(set[1 + bits])) bits++;
    for (let i = 1; i < bits; i++) {
      value = 2 * value + (i < 2 ? learning(set[bits < 3 ? 13 : bits < 4 ? 14 : 17])
        : bits < 4 ? learning(set[13 + value]) : bit(2048));
    }
    return sign * value;
  };
  const number = () => { const bits = raw(4); return 2 ** bits + raw(bits); };
  const sets = [], counts = {};
  for (let i = 0; i < 504; i++) {
    (sets[floor(i / 18)] ??= []).push([quotient(16384 * (2 * LETTERS.charCodeAt(i < 450 ? i : 432 + i % 18) - 63), 95), 9]);
  }
  const [header, ...large] = sets.splice(0, 5);
  for (let n = 2; n < 13; n++) {
    for (let j = n + 1, rest = 0; j--;) {
      const above = rest;
      rest += (j + 1) * (j + 2) * (n - j + 1) * (n - j + 2);
      counts[[n, j]] = [quotient(32768 * above, rest), 9];
    }
  }

  const width = number(), shape = raw(3), [p, q] = SHAPES[shape];
  const height = shape ? quotient(2 * width * q + p, 2 * p) : number();
  const k = number(), length = 32 - Math.clz32(k), longer = max(width, height);
  const grid = 5 + (length >> 1) + residual(header), octave = (length > 4 ? 3 : 2) + residual(header);
  const luma = 19 - (3 * length >> 2) + residual(header), chroma = luma + 1 + residual(header);
  const opacity = bit(256), slopes = bit(128), gates = bit(128), channels = 3 + opacity;
  const beyond = (x, low, high) => x - within(x, low, high);
  if (data[0] - 209 || beyond(height, 1, 65535) || k > min(16383, data.length) || beyond(grid, 4, 14)
    || octave === 5 || beyond(octave, 1, 6) || beyond(luma, 0, 31) || beyond(chroma, 0, 31)) throw Error('no .gmx file, or a damaged one');

  const places = [];
  const box = (left, top, right, bottom, n) => {
    const w = right - left, h = bottom - top, whole = max(w, h), half = whole >> 1;
    let c = 0;
    if (!n) return;
    if (whole < 2) { while (n--) places.push([left, top]); return; }
    if (n < 2) c = bit(quotient(4096 * half, whole));
    else if (n < 13) while (c < n && learning(counts[[n, c]])) c++;
    else c = within(quotient(n * half, whole) + residual(large[(n > 15) + (n > 31) + (n > 63)]), 0, n);
    const x = w < h ? left : left + half, y = w < h ? top + half : top;
    box(left, top, w < h ? right : x, w < h ? y : bottom, c);
    box(x, y, right, bottom, n - c);
  };
  box(0, 0, ceil(width * 2 ** grid / longer), ceil(height * 2 ** grid / longer), k);

  // The nearest few, [distance, number], with one more; the earlier first among equals.
  const insert = (few, one, most) => {
    if (few.length < most || one[0] < few[most - 1][0]) few.push(one), few.sort((a, b) => a[0] - b[0]).splice(most);
  };
  const own = [], rows = [], parts = [], unit = longer / 2 ** grid;
  const turnsOf = (ratio) => ratio ? TURNS[min(quotient(2 * ratio, octave), 7)] : 1;
  places.forEach(([x, y], i) => {
    const near = [], all = []; // of those before, and of all, itself among them
    for (let j = 0; j < k; j++) {
      const [u, v] = places[j], one = [(x - u) ** 2 + (y - v) ** 2, j];
      if (j < i) insert(near, one, 6);
      insert(all, one, 5);
    }
    const d = max(1, all.pop()[0]), b = 31 - Math.clz32(d);
    own[i] = octave * (8 * b - 8 + floor(8 * d / 2 ** b)) >> 1;
    const first = near[0]?.[0], w = near.map(([d]) => max(1, quotient(192 * (first + 1), d + 2 * first + 3)));
    const sum = (value) => near.reduce((a, [, j], n) => a + w[n] * value(j), 0), total = sum(() => 1);
    const mean = (column, none) => near[0] ? quotient(2 * sum((j) => rows[j][column]) + total, 2 * total) : none;
    const size = within((near[0] ? quotient(sum((j) => 16 * rows[j][0] - own[j]), total) + own[i] + 8 >> 4
      : octave * (24 - length) >> 1) + residual(sets[0]), 0, 16 * octave);
    const ratio = within(mean(1, octave) + residual(sets[1]), 0, 6 * octave), turns = turnsOf(ratio);
    let angle = 0;
    if (turns > 1) {
      const like = rows[near.find(([, j]) => rows[j][1])?.[1]], t = like && turnsOf(like[1]);
      angle = (like ? quotient(2 * like[2] * turns + t, 2 * t) : 0)
        + residual(sets[like ? turns < 7 ? 3 : turns < 17 ? 4 : 5 : 2]);
      angle = (angle % turns + turns) % turns;
    }
    const gate = gates && residual(sets[18]), row = rows[i] = [size, ratio, angle], along = [[], []];
    for (let c = 0; c < channels; c++) {
      const values = near.map(([, j]) => rows[j][3 + c]), spread = max(...values) - min(...values);
      row.push(within(mean(3 + c, 0) + residual(sets[6 + 3 * c + (spread > 2) + (spread > 6)]), -2047, 2047));
    }
    for (let c = 0; slopes && c < channels; c++) for (const slope of along) slope.push(residual(sets[19 + c]));

    const turn = Math.PI * angle / turns;
    const narrow = (more) => 2 ** (14 - (2 * size + more) / (2 * octave)) / longer;
    const colour = ([y = 0, co = 0, cg = 0, a = 0], base) => { // red, green, blue and opacity
      const l = 2 ** (luma / 4), c = 2 ** (chroma / 4), less = base / 255 * 128 + l * y - c * cg;
      return [less + c * co, less + 2 * c * cg, less - c * co, base + l * a];
    };
    parts.push(
      (x + 0.5) * unit, (y + 0.5) * unit, cos(turn) * narrow(ratio), sin(turn) * narrow(ratio),
      -sin(turn) * narrow(-ratio), cos(turn) * narrow(-ratio), gate / 4 * Math.LN2, 0,
      ...colour(row.slice(3), 255), ...along.flatMap((slope) => colour(slope, 0)),
    );
  });
  return { width, height, opacity, parts };
}

/** The picture that `read` gave, as RGBA (Uint8ClampedArray), without WebGL. */
export function pixels({ width: wide, height: high, parts }, width, height) {
  const out = new Uint8ClampedArray(4 * width * height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const x = (pixel % width + 0.5) * wide / width, y = (floor(pixel / width) + 0.5) * high / height;
    const sums = [0, 0, 0, 0];
    let most = -1e30, total = 0;
    for (let i = 0; i < parts.length; i += 20) {
      const dx = x - parts[i], dy = y - parts[i + 1];
      const u = parts[i + 2] * dx + parts[i + 3] * dy, v = parts[i + 4] * dx + parts[i + 5] * dy;
      const e = parts[i + 6] - (u * u + v * v) / 2;
      if (e < most - 20) continue;
      const less = exp(min(0, most - e)), share = exp(min(0, e - most)); // the largest counts 1
      most = max(most, e);
      total = total * less + share;
      for (let c = 0, j = i + 8; c < 4; c++, j++) sums[c] = sums[c] * less + share * (parts[j] + parts[j + 4] * u + parts[j + 8] * v);
    }
    const a = max(sums[3] / total, 1);
    for (let c = 0; c < 4; c++) out[4 * pixel + c] = sums[c] / total * (c < 3 ? 255 / a : 1);
  }
  return out;
}

const VERTEX = `#version 300 es
void main(){gl_Position=vec4(gl_VertexID*2&4,gl_VertexID*4&4,0,2)-1.;}`;
const FRAGMENT = `#version 300 es
precision highp float;\
uniform highp sampler2D t;\
uniform vec4 u;\
out vec4 o;\
vec4 f(int i){return texelFetch(t,ivec2(i&2047,i>>11),0);}\
void main(){\
float m=-1e30,r=0.;\
for(int i=0;i<int(u.w);i+=5){\
vec4 p=f(i),q=f(i+1);\
vec2 d=vec2(gl_FragCoord.x,u.z-gl_FragCoord.y)*u.xy-p.xy,z=vec2(dot(p.zw,d),dot(q.xy,d));\
float e=q.z-dot(z,z)/2.,l=exp(min(0.,m-e)),s=exp(min(0.,e-m));\
m=max(m,e);\
r=r*l+s;\
o=o*l+s*(f(i+2)+f(i+3)*z.x+f(i+4)*z.y);\
}\
o/=max(r*255.,o.a);\
o.rgb=min(max(o.rgb,0.),o.a);\
}`;
const TEXTURE_2D = 3553, MIN_FILTER = 10241, MAG_FILTER = 10240, NEAREST = 9728; // of WebGL
const RGBA32F = 34836, RGBA = 6408, FLOAT = 5126, TRIANGLES = 4, VERTEX_SHADER = 35633;
let gl, program; // one context for all pictures of a page, which can have few

// The picture on a canvas of WebGL2; throws where there is none.
function rendered(picture, width, height) {
  if (!gl) {
    gl = new OffscreenCanvas(1, 1).getContext('webgl2');
    program = gl.createProgram();
    [VERTEX, FRAGMENT].forEach((text, i) => {
      const shader = gl.createShader(VERTEX_SHADER - i);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    });
    gl.linkProgram(program);
    gl.useProgram(program);
    gl.bindTexture(TEXTURE_2D, gl.createTexture());
    for (const filter of [MIN_FILTER, MAG_FILTER]) gl.texParameteri(TEXTURE_2D, filter, NEAREST);
  }
  const count = picture.parts.length, rows = ceil(count / 8192), texture = new Float32Array(rows * 8192);
  texture.set(picture.parts);
  gl.canvas.width = width;
  gl.canvas.height = height;
  gl.viewport(0, 0, width, height);
  gl.texImage2D(TEXTURE_2D, 0, RGBA32F, 2048, rows, 0, RGBA, FLOAT, texture);
  gl.uniform4f(gl.getUniformLocation(program, 'u'), picture.width / width, picture.height / height, height, count / 4);
  gl.drawArrays(TRIANGLES, 0, 3);
  if (gl.getError()) throw 0;
  return gl.canvas;
}

/** Paint the bytes of a file, or what `read` gave, on a canvas: at its size by default. */
export function paint(canvas, data, width, height) {
  const picture = data.parts ? data : read(data), context = canvas.getContext('2d');
  canvas.width = width ??= picture.width;
  canvas.height = height ??= picture.height;
  let made;
  try {
    made = rendered(picture, width, height);
  } catch { // no WebGL2
    const scale = min(1, SIDE / max(width, height)), wide = ceil(width * scale), high = ceil(height * scale);
    made = new OffscreenCanvas(wide, high);
    made.getContext('2d').putImageData(new ImageData(pixels(picture, wide, high), wide), 0, 0);
  }
  context.drawImage(made, 0, 0, width, height);
}

globalThis.customElements?.define('gmx-picture', class extends HTMLElement {
  static observedAttributes = ['src', 'data'];

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).innerHTML = `<style>:host{display:inline-block;position:relative;max-width:100%}\
canvas,::slotted(*){width:100%;height:100%;display:block}\
::slotted(*){position:absolute;inset:0;transition:opacity .3s}\
:host(:not([loaded])) ::slotted(*){opacity:0}</style><canvas></canvas><slot></slot>`;
    this.addEventListener('load', this.show, true);
    new ResizeObserver(this.show).observe(this);
  }

  async attributeChangedCallback(name, _, value) {
    const file = await fetch(name === 'src' ? value : 'data:;base64,' + value), { style } = this;
    const { width, height } = this.picture = read(new Uint8Array(await file.arrayBuffer()));
    style.aspectRatio ||= width + '/' + height;
    style.width ||= width + 'px';
    this.show();
  }

  // Paint as sharp as the screen is, within 1024 pixels.
  show = () => {
    const { clientWidth: wide, clientHeight: high, picture } = this, scale = min(devicePixelRatio, 1024 / max(wide, high));
    this.toggleAttribute('loaded', !!this.firstElementChild?.complete);
    if (picture && wide * high) paint(this.shadowRoot.children[1], picture, ceil(wide * scale), ceil(high * scale));
  };
});
