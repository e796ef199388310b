// What runs on the GPU: the field of a mixture, a cell at a time; the largest log density of a field; and the pictures
// that the field is looked at as.
import { CELL, ROW, TEXELS } from './cells.js';

const HEAD = `#version 300 es
precision highp float; precision highp int; precision highp sampler2D; precision highp usampler2D;
`;

export const COVER = `${HEAD}
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }`;

// An instance is a cell: its number, the first of its packs, how many there are.
export const CELLS = `${HEAD}
layout(location = 0) in uvec3 cell;
uniform int across; uniform vec2 size;
flat out uvec2 packs; flat out vec2 middle;
void main() {
  vec2 corner = vec2(int(cell.x) % across, int(cell.x) / across) * ${CELL}.0;
  packs = cell.yz; middle = corner + ${CELL / 2}.0;
  vec2 place = corner + vec2(gl_VertexID & 1, gl_VertexID >> 1) * ${CELL}.0;
  gl_Position = vec4(2.0 * place / size - 1.0, 0.0, 1.0);
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
    float high = max(max(e.x, e.y), max(e.z, e.w));
    if (high > most) { float less = exp2(most - high); total *= less; colour *= less; most = high; }
    vec4 share = exp2(e - most); float sum = dot(share, vec4(1.0));
    total += sum;
    ${colour ? `if (sum > ${1 / 4096} * total) colour += vec3(dot(share, T(6) + d.x * T(7) + d.y * T(8)),
      dot(share, T(9) + d.x * T(10) + d.y * T(11)), dot(share, T(12) + d.x * T(13) + d.y * T(14)));` : ''}
  }
  bits = uvec4(floatBitsToUint(colour / total), floatBitsToUint(${Math.LN2} * (most + log2(total))));
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

// look: 0 the mean colour, 1 the density, 2 contours, 3 plain paper. A field may have fewer pixels than the picture
// (step < 1: its pixels a pixel); between them it is interpolated.
export const TONES = `${HEAD}
uniform usampler2D source, peak; uniform sampler2D points, marks;
uniform vec2 size, bounds, step, marking; uniform vec4 frame; uniform bool flip, marked;
uniform int look, curve, many, levels; uniform float power, reach, width; uniform vec3 ink, paper, shades[65];
out vec4 paint;
vec4 one(ivec2 at) { return uintBitsToFloat(texelFetch(source, clamp(at, ivec2(0), ivec2(bounds) - 1), 0)); }
vec4 here(vec2 pixel) {
  if (step == vec2(1.0)) return one(ivec2(pixel));
  vec2 at = pixel * step - 0.5, low = floor(at), t = at - low; ivec2 i = ivec2(low);
  return mix(mix(one(i), one(i + ivec2(1, 0)), t.x), mix(one(i + ivec2(0, 1)), one(i + 1), t.x), t.y);
}
float toned(float s) {
  if (curve == 0) return s;
  if (curve == 1) return pow(s, power);
  vec2 before = texelFetch(points, ivec2(0), 0).xy;
  if (s <= before.x) return before.y;
  for (int i = 1; i < many; i++) {
    vec2 after = texelFetch(points, ivec2(i, 0), 0).xy;
    if (s <= after.x) return mix(before.y, after.y, (s - before.x) / (after.x - before.x));
    before = after;
  }
  return before.y;
}
vec3 shade(float number) {
  float at = clamp(number, 0.0, float(levels)); int i = min(int(at), levels - 1);
  return mix(shades[i], shades[i + 1], at - float(i));
}
float floors(float t) { float whole = floor(t); return whole * (t - 0.5 * (whole + 1.0)); }
float inked(float t, float half_) { float near = round(t); return 2.0 * half_ * near + clamp(t - near, -half_, half_); }
float height(vec2 pixel, float top) {
  float z = sqrt(2.0 * max(top - here(pixel).w, 0.0)), n = float(levels);
  return clamp(n * (1.0 - z / reach) + 1.0, 0.0, n + 1.0);
}
float change(float h, vec2 pixel, vec2 along, bool before, bool after, float top) {
  float low = before ? height(pixel - along, top) : h, high = after ? height(pixel + along, top) : h;
  return (high - low) * (before && after ? 0.5 : 1.0);
}
vec3 contour(vec2 pixel, float top) {
  float h = height(pixel, top), n = float(levels);
  vec2 low_ = max(frame.xy, vec2(0.0)), high_ = min(frame.zw, size);
  bvec2 before = greaterThan(pixel - 1.0, low_), after = lessThan(pixel + 1.0, high_);
  vec2 slope = vec2(change(h, pixel, vec2(1, 0), before.x, after.x, top), change(h, pixel, vec2(0, 1), before.y, after.y, top));
  float s = max(0.01, length(slope));
  float low = h - 0.5 * s, base = floor(low), start = low - base;
  vec3 ground = shade(base + (floors(start + s) - floors(start)) / s);
  float half_ = min(0.5 * width * s, 0.5), a = clamp(h - 0.5 * s, 0.5, n + 0.5), b = clamp(h + 0.5 * s, 0.5, n + 0.5);
  return ground * (1.0 - 0.4 * clamp((inked(b, half_) - inked(a, half_)) / s, 0.0, 1.0));
}
void main() {
  vec2 pixel = gl_FragCoord.xy;
  if (flip) pixel.y = size.y - pixel.y;
  if (any(lessThan(pixel, frame.xy)) || any(greaterThan(pixel, frame.zw))) { paint = vec4(0.0); return; }
  float top = uintBitsToFloat(texelFetch(peak, ivec2(0), 0).x);
  vec3 shown = paper;
  if (look == 0) {
    vec3 mean = clamp(here(pixel).xyz, 0.0, 1.0);
    shown = vec3(toned(mean.x), toned(mean.y), toned(mean.z));
  } else if (look == 1) {
    float under = here(pixel).w - top;
    float s = curve == 1 ? exp(min(power * under, 0.0)) : exp(min(under, 0.0));
    shown = mix(paper, ink, curve == 2 ? 1.0 - toned(s) : s);
  } else if (look == 2) shown = contour(pixel, top);
  if (marked) { vec4 over = texelFetch(marks, ivec2(pixel * marking), 0); shown = shown * (1.0 - over.a) + over.rgb; }
  paint = vec4(shown, 1.0);
}`;
