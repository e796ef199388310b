// What one takes hold of: around one component, or around several, and what each makes of the pointer's way.
import {halfBox} from './flat.js';

const SIGMAS = 1.6; // at which handles stand
const NEAREST = 26; // pixels from the mean
const STALK = 20, RING_ROOM = 30, KNOB_ROOM = 22, FRAME_ROOM = 8;
const FULLEST = 0.98; // of the circle that a weight of 1 takes
const SNAP = Math.PI / 12;
const THINNEST = 0.2; // pixels of standard deviation
const HANDLES_APART = 12, TURNED = Math.PI / 24; // of two handles, in pixels; steps by which one is turned where there is no room
const LEAST_FRAME = 64; // pixels of its sides
const EVERYWHERE = [-Infinity, -Infinity, Infinity, Infinity];

const TAU = 2 * Math.PI, NORTH = -Math.PI / 2;

/**
 * The handles of one ellipse {x, y, long, short, turn} of a weight. They stand within [left, top, right, bottom], nearer
 * to the mean or turned about it where there is no room; those of an ellipse that lies far outside are that of its mean.
 */
export function handlesOf(ellipse, weight, within = EVERYWHERE) {
  const {x, y, turn} = ellipse, most = Math.min(within[2] - within[0], within[3] - within[1]), limit = Math.max(NEAREST, 0.42 * most);
  const a = Math.min(limit, Math.max(NEAREST, SIGMAS * ellipse.long)), b = Math.min(limit, Math.max(NEAREST, SIGMAS * ellipse.short));
  const mean = {kind: 'mean', shape: 'dot', at: inside([x, y], within), above: 3}, spot = spotsAround([x, y], mean.at, within, Math.max(a, b) + STALK + KNOB_ROOM);
  const angle = TAU * Math.min(FULLEST, Math.sqrt(weight));
  const grips = [...pairOf(spot, 'long', a, turn), ...pairOf(spot, 'short', b, turn + Math.PI / 2)].map((grip) => ({...grip, shape: 'square', turn}));
  const ends = grips.filter(({kind}) => kind === 'long').sort((p, q) => Math.abs(p.off) - Math.abs(q.off));
  const beyond = ends.map(({r, angle: way}) => [way, r + STALK]), knob = firstOf(beyond, (each) => spot(...each, {exact: true})) ?? firstOf(beyond, (each) => spot(...each));
  const tip = spot(NORTH + angle, ringOf(a, b));
  const handles = [
    ...grips,
    ...(knob ? [{kind: 'turn', shape: 'round', at: knob.at, stalk: ends.reduce((p, q) => (apartOf(q.at, knob.at) < apartOf(p.at, knob.at) ? q : p)).at}] : []),
    ...(tip ? [{kind: 'weight', shape: 'round', at: tip.at}] : []),
    mean,
  ];
  return {handles, ellipse, a, b, ring: tip?.r ?? 0, north: NORTH + (tip?.off ?? 0), angle, weight};
}

/** The same handles where the hand has changed the weight: the arc stays where it is, and its end goes along. */
export function weighed(held, weight) {
  const {ellipse: {x, y}, ring, north} = held, angle = TAU * Math.min(FULLEST, Math.sqrt(weight));
  const at = [x + ring * Math.cos(north + angle), y + ring * Math.sin(north + angle)];
  return {...held, angle, weight, handles: held.handles.map((handle) => (handle.kind === 'weight' ? {...handle, at} : handle))};
}

const apartOf = ([x, y], [p, q]) => Math.hypot(x - p, y - q);
const inside = ([x, y], [left, top, right, bottom]) => [Math.max(left, Math.min(right, x)), Math.max(top, Math.min(bottom, y))];

function firstOf(list, find) {
  for (const each of list) {
    const found = find(each);
    if (found) return found;
  }
  return null;
}

/**
 * A function from an angle and a distance to {at, r, off, angle}: the place around the mean that is nearest to that, inside
 * and clear of those given before. `exact`: there or nowhere; `far`: how far it may be turned. null where there is none.
 */
function spotsAround([x, y], dot, within, farthest) {
  const taken = [dot];
  return (angle, r, {exact = false, far = Math.PI} = {}) => {
    const reaches = [r];
    if (!exact) for (let less = r - 4; less > NEAREST; less -= 4) reaches.push(less);
    if (!exact) for (let more = NEAREST; more < farthest; more += 4) reaches.push(more);
    for (let step = 0; step <= (exact ? 0 : far); step += TURNED) {
      for (const off of step ? [step, -step] : [0]) {
        for (const reach of reaches) {
          const at = [x + reach * Math.cos(angle + off), y + reach * Math.sin(angle + off)];
          if (apartOf(at, inside(at, within)) > 0 || taken.some((other) => apartOf(at, other) < HANDLES_APART)) continue;
          taken.push(at);
          return {at, r: reach, off, angle: angle + off};
        }
      }
    }
    return null;
  };
}

/** Both ends of an axis, as far as they stand on it, else one beside it: they do the same. */
function pairOf(spot, kind, r, angle) {
  const ends = [0, Math.PI].map((more) => spot(angle + more, r, {far: 0})).filter(Boolean);
  const found = ends.length ? ends : [spot(angle, r)].filter(Boolean);
  return found.map((end) => ({kind, ...end}));
}

/** The radius of the arc of weight: inside of the handles, between those of both axes, or outside of all. */
function ringOf(a, b) {
  if (Math.min(a, b) > NEAREST + KNOB_ROOM) return Math.min(26, Math.min(a, b) - 18);
  const between = b + RING_ROOM;
  return between < a - KNOB_ROOM ? between : a + STALK + KNOB_ROOM;
}

/** The handles of a bump on one axis: of its mean, its width at 1.6 deviations, its weight by its height; within a box. */
export function bumpHandlesOf([x, top], base, wide, weight, within = EVERYWHERE) {
  const far = Math.max(NEAREST, SIGMAS * wide), low = base - (base - top) * Math.exp(-0.5 * (far / wide) ** 2), bump = {base, top};
  const handles = [
    ...[1, -1].map((sign) => ({kind: 'long', shape: 'square', at: inside([x + sign * far, low], within)})).filter(({at}) => Math.abs(at[0] - x) > HANDLES_APART),
    {kind: 'weight', shape: 'round', at: inside([x, top - STALK], within), stalk: inside([x, top], within), bump},
    {kind: 'mean', shape: 'dot', at: inside([x, top], within), above: 3},
  ];
  return {handles, ellipse: {x, y: low, long: wide, short: wide, turn: 0}, weight};
}

/** The frame around several ellipses, or around what of them lies within a box, and its handles. */
export function frameOf(ellipses, within = EVERYWHERE) {
  let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
  for (const ellipse of ellipses) {
    const [w, h] = halfBox(ellipse);
    x0 = Math.min(x0, ellipse.x - w);
    y0 = Math.min(y0, ellipse.y - h);
    x1 = Math.max(x1, ellipse.x + w);
    y1 = Math.max(y1, ellipse.y + h);
  }
  const [left, right] = sidesWithin(x0 - FRAME_ROOM, x1 + FRAME_ROOM, within[0], within[2]);
  const [top, bottom] = sidesWithin(y0 - FRAME_ROOM, y1 + FRAME_ROOM, within[1], within[3]);
  return frameAround([left, top, right, bottom], within);
}

/** From one side to the other, between two bounds; where hardly anything is left, the least that has room for handles. */
function sidesWithin(from, to, low, high) {
  const [a, b] = [from, to].map((side) => Math.max(low, Math.min(high, side)));
  if (b - a >= Math.min(LEAST_FRAME, to - from)) return [a, b];
  const first = Math.max(low, Math.min(high - LEAST_FRAME, a));
  return [first, first + LEAST_FRAME];
}

function frameAround([x0, y0, x1, y1], within) {
  const spin = [y0 - STALK, y1 + STALK].find((y) => y >= within[1] && y <= within[3]) ?? y0 + STALK, stalk = spin > y0 && spin > y1 ? y1 : y0;
  const mx = (x0 + x1) / 2, my = (y0 + y1) / 2;
  const side = (kind, at, pivot, ways) => ({kind, shape: 'square', at, pivot, ways});
  const handles = [
    side('corner', [x0, y0], [x1, y1], [1, 1]), side('corner', [x1, y0], [x0, y1], [1, 1]),
    side('corner', [x0, y1], [x1, y0], [1, 1]), side('corner', [x1, y1], [x0, y0], [1, 1]),
    side('side', [x0, my], [x1, my], [1, 0]), side('side', [x1, my], [x0, my], [1, 0]), side('side', [mx, y1], [mx, y0], [0, 1]),
    {kind: 'spin', shape: 'round', at: [mx, spin], stalk: [mx, stalk], pivot: [mx, my]},
    {kind: 'mean', shape: 'dot', at: [mx, my], above: 3},
  ];
  return {handles, box: [x0, y0, x1, y1], corners: [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]};
}

/** A frame's corners and handles after a map of the screen. */
export function mapped(held, {A, from, to}) {
  const at = ([x, y]) => [to[0] + A[0] * (x - from[0]) + A[1] * (y - from[1]), to[1] + A[2] * (x - from[0]) + A[3] * (y - from[1])];
  const handles = held.handles.map((handle) => ({...handle, at: at(handle.at), ...(handle.stalk ? {stalk: at(handle.stalk)} : {})}));
  return {...held, handles, corners: held.corners.map(at)};
}

const SAME = [1, 0, 0, 1];
/**
 * What a handle makes of the pointer's way from `start` to `now`, in pixels: {A, from, to} of the map x -> to + A (x - from),
 * or {weight}. shift: the variant (one direction, the same proportions, steps of 15 degrees, whole percents).
 */
export function pulled(handle, held, start, now, shift) {
  const by = [now[0] - start[0], now[1] - start[1]];
  if (handle.kind === 'mean') return {A: SAME, from: [0, 0], to: shift ? along(by) : by};
  if (handle.kind === 'weight') return {weight: handle.bump ? heightAt(handle.bump, held.weight, by, shift) : weightAt(held, now, shift)};
  if (handle.kind === 'corner' || handle.kind === 'side') return scaled(handle, by, shift);
  const centre = handle.pivot ?? [held.ellipse.x, held.ellipse.y];
  if (handle.kind === 'turn' || handle.kind === 'spin') return turned(handle, held, centre, start, now, shift);
  return stretched(handle, held.ellipse, by, shift);
}

const along = ([dx, dy]) => (Math.abs(dx) >= Math.abs(dy) ? [dx, 0] : [0, dy]);

function stretched(handle, {x, y, long, short, turn}, by, shift) {
  const ux = handle.at[0] - x, uy = handle.at[1] - y, reach = Math.hypot(ux, uy);
  const now = reach + (by[0] * ux + by[1] * uy) / reach, wide = handle.kind === 'long' ? long : short;
  const factor = Math.max(now / reach, THINNEST / wide, 1e-3);
  const [f, g] = shift ? [factor, factor] : handle.kind === 'long' ? [factor, 1] : [1, factor];
  const c = Math.cos(turn), s = Math.sin(turn), cross = (f - g) * c * s;
  return {A: [f * c * c + g * s * s, cross, cross, f * s * s + g * c * c], from: [x, y], to: [x, y]};
}

function turned(handle, held, centre, start, now, shift) {
  const angle = ([x, y]) => Math.atan2(y - centre[1], x - centre[0]);
  let by = angle(now) - angle(start);
  const base = handle.kind === 'turn' ? held.ellipse.turn : 0;
  if (shift) by = Math.round((base + by) / SNAP) * SNAP - base;
  const c = Math.cos(by), s = Math.sin(by);
  return {A: [c, -s, s, c], from: centre, to: centre};
}

function scaled({at, pivot, ways}, by, shift) {
  const factor = (j) => {
    const side = at[j] - pivot[j];
    return ways[j] && side !== 0 ? Math.max(0.02, (side + by[j]) / side) : 1;
  };
  let f = factor(0), g = factor(1);
  if (shift) f = g = ways[0] && ways[1] ? Math.sqrt(f * g) : f * g;
  return {A: [f, 0, 0, g], from: pivot, to: pivot};
}

/** The weight of a bump whose top was moved up or down. */
function heightAt({base, top}, weight, [, dy], shift) {
  const next = Math.min(1, Math.max(0, (weight * (base - top - dy)) / Math.max(1, base - top)));
  return shift ? Math.round(100 * next) / 100 : next;
}

/** The weight at a pixel beside the arc. One that has come to an end stays there, until the pointer turns back. */
function weightAt({ellipse, north, angle: before}, [x, y], shift) {
  const turn = (Math.atan2(y - ellipse.y, x - ellipse.x) - north + 2 * TAU) % TAU;
  const angle = before > 0.75 * TAU && turn < 0.25 * TAU ? TAU : before < 0.25 * TAU && turn > 0.75 * TAU ? 0 : turn;
  const weight = Math.min(1, (angle / TAU) ** 2);
  return shift ? Math.round(100 * weight) / 100 : weight;
}
