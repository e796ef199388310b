// One coordinate of a mixture on two axes: marginals, and what is left of it where the other one is known.
import {LOG_2PI} from './algebra.js';
import {flatOf} from './flat.js';
import {shownOf} from './document.js';

const FAINT_SHARE = 1e-7; // of a mixture, that no curve shows

/** The components shown on coordinate `way` (0 or 1 of the axes shown), as [weight, mean, deviation] of each that counts. */
export function marginOf(document, way) {
  const flat = flatOf(document);
  return counting(shownOf(document).map((i) => [flat[6 * i + 5], flat[6 * i + way], Math.sqrt(flat[6 * i + (way ? 4 : 2)])]));
}

/** The same, given the other coordinate's value: its weights sum to 1. */
export function sliceOf(document, way, value) {
  const flat = flatOf(document), logs = shownOf(document).map((i) => {
    const at = 6 * i, known = flat[at + (way ? 2 : 4)], own = flat[at + (way ? 4 : 2)], away = value - flat[at + 1 - way];
    const slope = flat[at + 3] / known;
    const log = Math.log(flat[at + 5]) - 0.5 * ((away * away) / known + Math.log(known));
    return [log, flat[at + way] + slope * away, Math.sqrt(Math.max(own - slope * flat[at + 3], 1e-12 * own))];
  });
  const top = logs.reduce((most, [log]) => Math.max(most, log), -Infinity);
  return normed(logs.map(([log, mean, wide]) => [Math.exp(log - top), mean, wide]));
}

const weightOf = (list) => list.reduce((sum, [weight]) => sum + weight, 0);

function counting(list) {
  const total = weightOf(list);
  return list.filter(([weight]) => weight > FAINT_SHARE * total);
}

function normed(list) {
  const total = weightOf(list);
  return counting(list).map(([weight, mean, wide]) => [weight / total, mean, wide]);
}

/** The density of such a mixture at a value. */
export function densityIn(list, value) {
  let sum = 0;
  for (const [weight, mean, wide] of list) {
    const z = (value - mean) / wide;
    if (z * z < 80) sum += (weight / wide) * Math.exp(-0.5 * z * z - 0.5 * LOG_2PI);
  }
  return sum;
}

/** The density at even steps between two ends, which the narrow components do not fall between: [value, density]... */
export function curveOf(list, from, to, steps = 160) {
  const values = Array.from({length: steps + 1}, (_, i) => from + ((to - from) * i) / steps);
  if (list.length <= 60) for (const [, mean, wide] of list) for (let z = -3; z <= 3; z += 0.5) values.push(mean + z * wide);
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  return values.filter((value) => value >= low && value <= high).sort((a, b) => a - b).map((value) => [value, densityIn(list, value)]);
}

/** The responsibilities at a place on the axes shown: [component, share], the largest first, down to `least`. */
export function answerersAt(document, place, logHere, least = 0.02) {
  const flat = flatOf(document), shown = shownOf(document), logs = shown.map((i) => logHere(flat, i, place));
  const top = logs.reduce((most, log) => Math.max(most, log), -Infinity);
  const total = logs.reduce((sum, log) => sum + Math.exp(log - top), 0);
  return shown.map((i, j) => [i, Math.exp(logs[j] - top) / total]).filter(([, share]) => share >= least).sort((a, b) => b[1] - a[1]);
}
