// What runs on the GPU: the field of a mixture, a cell at a time; the largest log density of a field; and the pictures
// that the field is looked at as.
import { CELLS_ROW, ROW, TEXELS } from './cells.js';

const HEAD = `#version 300 es
precision highp float; precision highp int; precision highp sampler2D; precision highp usampler2D;
`;

const FINE = 4096;  // parts of the way from one shade to the next

export const COVER = `${HEAD}
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }`;

// Six vertices a cell, which is its number, the first of its packs, and how many there are. (Instances of four would
// cost software more than what they draw.)
export const CELLS = `${HEAD}
uniform usampler2D cells; uniform int across; uniform float side; uniform vec2 size;
flat out uvec2 packs; flat out vec2 middle;
void main() {
  int i = gl_VertexID / 6, turn = gl_VertexID % 6, corner = turn < 3 ? turn : turn - 2;
  uvec4 cell = texelFetch(cells, ivec2(i & ${CELLS_ROW - 1}, i / ${CELLS_ROW}), 0);
  vec2 first = vec2(int(cell.x) % across, int(cell.x) / across) * side;
  packs = cell.yz; middle = first + 0.5 * side;
  gl_Position = vec4(2.0 * (first + vec2(corner & 1, corner >> 1) * side) / size - 1.0, 0.0, 1.0);
}`;

// Each pixel: the mean colour and the log density, as the bits of floats, which every WebGL2 can draw into.
export const field = (colour) => `${HEAD}
uniform sampler2D table;
flat in uvec2 packs; flat in vec2 middle;
out uvec4 bits;
void main() {
  vec2 d = gl_FragCoord.xy - middle;
  float most = -1e30, total = 0.0; vec3 colour = vec3(0.0);
  for (uint i = packs.x, end = packs.x + packs.y; i < end; i++) {
    ivec2 at = ivec2(int(i & ${ROW - 1}u) * ${colour ? TEXELS.colour : TEXELS.plain}, int(i / ${ROW}u));
    #define T(j) texelFetch(table, at + ivec2(j, 0), 0)
    vec4 e = T(0) + d.x * (T(1) + d.x * T(3) + d.y * T(4)) + d.y * (T(2) + d.y * T(5));
    float high = max(max(max(e.x, e.y), max(e.z, e.w)), most), less = exp2(most - high);
    vec4 share = exp2(e - high);
    most = high; total = total * less + dot(share, vec4(1.0));
    ${colour ? `colour = colour * less + vec3(dot(share, T(6) + d.x * T(7) + d.y * T(8)),
      dot(share, T(9) + d.x * T(10) + d.y * T(11)), dot(share, T(12) + d.x * T(13) + d.y * T(14)));` : ''}
  }
  bits = uvec4(floatBitsToUint(colour / max(total, 1e-30)), floatBitsToUint(${Math.LN2} * (most + log2(total))));
}`;

// The largest of blocks of 8 x 8 numbers; whose: 3 of a field, 0 of what this has drawn.
export const LARGEST = `${HEAD}
uniform usampler2D source; uniform ivec4 within; uniform int whose;
out uvec4 bits;
void main() {
  ivec2 first = ivec2(gl_FragCoord.xy) * 8; float most = -3e38;
  for (int y = max(first.y, within.y); y < min(first.y + 8, within.w); y++)
    for (int x = max(first.x, within.x); x < min(first.x + 8, within.z); x++)
      most = max(most, uintBitsToFloat(texelFetch(source, ivec2(x, y), 0)[whose]));
  bits = uvec4(floatBitsToUint(most));
}`;

// The field at a place, in pixels of the picture; interpolated where the field has fewer.
const here = (scaled) => `vec4 one(ivec2 at) { return uintBitsToFloat(texelFetch(source, at, 0)); }
${scaled ? `vec4 here(vec2 pixel) {
  vec2 at = pixel * step - 0.5, low = floor(at), t = at - low;
  ivec2 last = ivec2(bounds) - 1, i = clamp(ivec2(low), ivec2(0), last), j = clamp(ivec2(low) + 1, ivec2(0), last);
  return mix(mix(one(i), one(ivec2(j.x, i.y)), t.x), mix(one(ivec2(i.x, j.y)), one(j), t.x), t.y);
}` : 'vec4 here(vec2 pixel) { return one(clamp(ivec2(pixel), ivec2(0), ivec2(bounds) - 1)); }'}`;

// How many levels of the contours each pixel of a picture has passed, and its part of the way to the next.
export const risen = ({ scaled }) => `${HEAD}
uniform usampler2D source, peak;
uniform vec2 bounds, step; uniform float reach; uniform int levels;
out uint bits;
${here(scaled)}
void main() {
  float top = uintBitsToFloat(texelFetch(peak, ivec2(0), 0).x), n = float(levels);
  float z = sqrt(2.0 * max(top - here(gl_FragCoord.xy).w, 0.0));
  bits = floatBitsToUint(clamp(n * (1.0 - z / reach) + 1.0, 0.0, n + 1.0));
}`;

// A picture of a field. A program of its own for each kind, since software takes both ways of every branch. look: 'mean',
// 'grid', 'contour', or another for plain paper; curve: 'linear', 'gamma' or 'points'; marked: something lies over it.
// scaled: the field has fewer pixels than the picture (step < 1: its pixels a pixel), and is interpolated.
export const tones = ({ look, curve, scaled, marked, framed }) => `${HEAD}
uniform usampler2D source, peak; uniform sampler2D points, shades, marks;
uniform vec2 size, bounds, step, marking; uniform vec4 frame; uniform float upright;
uniform int many, levels; uniform float power, full, reach, width; uniform vec3 ink, paper;
out vec4 paint;
${look === 'contour' ? '' : here(scaled)}
${TONED[curve]}
${look === 'grid' ? `float dark(float under) { return ${DARK[curve]}; }` : ''}
${look === 'contour' ? CONTOUR : ''}
void main() {
  vec2 pixel = gl_FragCoord.xy;
  pixel.y = mix(size.y - pixel.y, pixel.y, upright);
  float top = uintBitsToFloat(texelFetch(peak, ivec2(0), 0).x);
  ${SHOWN[look] ?? 'vec3 shown = paper;'}
  ${marked ? 'vec4 over = texelFetch(marks, ivec2(pixel * marking), 0); shown = shown * (1.0 - over.a) + over.rgb;' : ''}
  paint = vec4(shown, 1.0);
  ${framed ? 'if (any(lessThan(pixel, frame.xy)) || any(greaterThan(pixel, frame.zw))) paint = vec4(0.0);' : ''}
}`;

// s -> the share of the curve
const TONED = {
  linear: 'float toned(float s) { return s; }',
  gamma: 'float toned(float s) { return pow(s, power); }',
  points: `float toned(float s) {
  vec2 before = texelFetch(points, ivec2(0), 0).xy; float found = before.y;
  for (int i = 1; i < many; i++) {
    vec2 after = texelFetch(points, ivec2(i, 0), 0).xy;
    found = s > before.x ? mix(before.y, after.y, min((s - before.x) / (after.x - before.x), 1.0)) : found;
    before = after;
  }
  return found;
}`,
};

const SHOWN = {
  mean: 'vec3 mean = clamp(here(pixel).xyz, 0.0, 1.0), shown = vec3(toned(mean.x), toned(mean.y), toned(mean.z));',
  grid: 'vec3 shown = mix(paper, ink, dark(min(here(pixel).w - top, 0.0)));',
  contour: 'vec3 shown = contour(pixel);',
};

const DARK = {  // of a density in nats below the largest: how much of it is ink
  linear: 'exp(under)', gamma: 'exp(power * min(under - full, 0.0))', points: '1.0 - toned(exp(under))',
};

// Contours without their colours, which are then changed in no time: where each pixel is among the shades, and how much of
// it a line covers, in 22 and 10 bits.
export const lined = () => `${HEAD}
uniform usampler2D source;
uniform vec2 size; uniform vec4 frame; uniform int levels; uniform float width;
out uint bits;
float floors(float t) { float whole = floor(t); return whole * (t - 0.5 * (whole + 1.0)); }
float inked(float t, float half_) { float near = round(t); return 2.0 * half_ * near + clamp(t - near, -half_, half_); }
float height(vec2 pixel) { return uintBitsToFloat(texelFetch(source, ivec2(pixel), 0).x); }
void main() {
  // The steepness is that of differences between pixels, one-sided at the edges, as in contours.py.
  vec2 pixel = gl_FragCoord.xy, low_ = max(frame.xy, vec2(0.0)), high_ = min(frame.zw, size);
  vec2 before = vec2(greaterThan(pixel - 1.0, low_)), after = vec2(lessThan(pixel + 1.0, high_));
  float h = height(pixel), n = float(levels);
  vec2 slope = vec2(
    height(pixel + vec2(after.x, 0.0)) - height(pixel - vec2(before.x, 0.0)),
    height(pixel + vec2(0.0, after.y)) - height(pixel - vec2(0.0, before.y))) / max(before + after, 1.0);
  float s = max(0.01, length(slope));
  float low = h - 0.5 * s, base = floor(low), start = low - base;
  float number = clamp(base + (floors(start + s) - floors(start)) / s, 0.0, n);
  float half_ = min(0.5 * width * s, 0.5), a = clamp(h - 0.5 * s, 0.5, n + 0.5), b = clamp(h + 0.5 * s, 0.5, n + 0.5);
  float line = clamp((inked(b, half_) - inked(a, half_)) / s, 0.0, 1.0);
  bits = uint(number * ${FINE}.0 + 0.5) << 10 | uint(line * 1023.0 + 0.5);
}`;

const CONTOUR = `vec3 contour(vec2 pixel) {
  uint bits = texelFetch(source, ivec2(pixel), 0).x;
  float at = float(bits >> 10) / ${FINE}.0; int i = min(int(at), levels - 1);
  vec3 ground = mix(texelFetch(shades, ivec2(i, 0), 0).rgb, texelFetch(shades, ivec2(i + 1, 0), 0).rgb, at - float(i));
  return ground * (1.0 - 0.4 / 1023.0 * float(bits & 1023u));
}`;
