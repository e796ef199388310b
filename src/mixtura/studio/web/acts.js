// What buttons and keys do to the components chosen: each act is an action, or null where it has nothing to do.
import {PIN_COVARIANCE, PIN_MEAN, PIN_WEIGHT, byWeight, colourOf, isColoured, nameOf, rgbOf} from './document.js';
import {duplicate, hide, mergeMany, pin, remove, splitMany} from './edits.js';
import {logSum, logTerms} from './algebra.js';

const ALIKE_COLOURS = 36; // steps of 255 between two colours that are one to the eye of a person who chooses
const MOST_TERMS = 400000; // of densities, for one key pressed
const PINS = {mean: PIN_MEAN, covariance: PIN_COVARIANCE, weight: PIN_WEIGHT};

/** The action that an act is in this state; `more` overrides the selection by `indices`. */
export function act(state, name, more = {}) {
  const {document} = state, chosen = more.indices ?? state.selection;
  if (!document?.parts) return null;
  const make = ACTS[name];
  return make ? make(document, chosen, state) : null;
}

/** Whether an act has something to do. */
export function canAct(state, name) {
  const {document, selection} = state;
  if (!document?.parts || (!selection.length && !UNCHOSEN.has(name))) return false;
  if (name === 'merge') return selection.length > 1;
  return name !== 'delete' || selection.length < document.parts.k;
}

const UNCHOSEN = new Set(['everything', 'next', 'previous', 'show']);

const editing = (document, next, label, selection) => (next === document ? null : {type: 'edit', label, document: next, selection});
const choosing = (indices, how = 'set', merge = null) => (indices.length ? {type: 'select', indices, how, merge} : null);
const whom = (document, chosen) => (chosen.length === 1 ? nameOf(document, chosen[0]) : `${chosen.length} components`);
const ofSome = (make) => (document, chosen, state) => (chosen.length ? make(document, chosen, state) : null);
const freshIndices = (document, count) => Array.from({length: count}, (_, i) => document.parts.k + i);

const ACTS = {
  split: ofSome((document, chosen) =>
    editing(document, splitMany(document, chosen), `Split ${whom(document, chosen)}`, [...freshIndices(document, chosen.length), ...chosen])),
  merge: ofSome((document, chosen) =>
    editing(document, mergeMany(document, chosen), `Merge ${whom(document, chosen)}`, [Math.min(...chosen)])),
  copy: ofSome((document, chosen) =>
    editing(document, duplicate(document, chosen), `Copy ${whom(document, chosen)}`, freshIndices(document, chosen.length))),
  hide: ofSome((document, chosen) =>
    editing(document, hide(document, chosen), `${chosen.every((i) => document.hidden[i]) ? 'Show' : 'Hide'} ${whom(document, chosen)}`)),
  delete: ofSome((document, chosen) =>
    editing(document, remove(document, chosen), `Delete ${whom(document, chosen)}`, [])),
  isolate: ofSome((document, chosen) => {
    const others = byWeight(document).filter((i) => !chosen.includes(i)), alone = others.every((i) => document.hidden[i]);
    const hidden = document.hidden.map((_, i) => (alone || chosen.includes(i) ? 0 : 1));
    return editing(document, {...document, hidden}, alone ? 'Show all' : `Show only ${whom(document, chosen)}`);
  }),
  show: (document) => (document.hidden.some((one) => one) ? editing(document, {...document, hidden: document.hidden.map(() => 0)}, 'Show all') : null),
  ...Object.fromEntries(Object.entries(PINS).map(([what, bit]) => [`pin-${what}`, ofSome((document, chosen) => {
    const off = chosen.every((i) => document.pins[i] & bit);
    return editing(document, pin(document, chosen, bit), `${off ? 'Release' : 'Hold'} the ${what} of ${whom(document, chosen)}`);
  })])),
  everything: (document) => choosing(byWeight(document).filter((i) => !document.hidden[i]).reverse()),
  colour: ofSome((document, chosen) => choosing(alikeIn(document, chosen.at(-1)))),
  next: (document, chosen) => choosing([besideByWeight(document, chosen.at(-1), 1)], 'set', 'walk'),
  previous: (document, chosen) => choosing([besideByWeight(document, chosen.at(-1), -1)], 'set', 'walk'),
  grow: ofSome((document, chosen) => choosing(neighbours(document, chosen), 'add')),
  shrink: ofSome((document, chosen) => (chosen.length > 1 ? choosing(strangers(document, chosen), 'remove') : null)),
};

/** The next component by weight, from the heaviest on, round and round. */
function besideByWeight(document, i, step) {
  const order = byWeight(document).filter((j) => !document.hidden[j] || j === i), at = order.indexOf(i);
  if (at < 0) return order[step > 0 ? 0 : order.length - 1] ?? 0;
  return order[(at + step + order.length) % order.length];
}

/** All that look as component i does, with it last. */
function alikeIn(document, i) {
  const here = rgbOf(colourOf(document, i)), near = isColoured(document) ? ALIKE_COLOURS : 0, found = [];
  for (let j = 0; j < document.parts.k; j++) {
    const there = rgbOf(colourOf(document, j));
    if (j !== i && Math.hypot(...here.map((v, c) => v - there[c])) <= near) found.push(j);
  }
  return [...found, i];
}

/** Places that stand for a component: its mean, and unless they are too many, a standard deviation to each side of it. */
function standingPlaces({k, d, means, factors}, i, chosen) {
  const mean = means.slice(i * d, (i + 1) * d), places = [mean];
  if (chosen * k * (2 * d + 1) > MOST_TERMS) return places;
  for (let c = 0; c < d; c++) {
    for (const sign of [-1, 1]) places.push(mean.map((v, a) => v + sign * factors[(i * d + a) * d + c]));
  }
  return places;
}

/** For each of the chosen, the responsibilities where it stands, summed by `learn(i, responsibilities)`. */
function aroundChosen(document, chosen, learn) {
  const {parts} = document;
  for (const i of chosen) {
    for (const place of standingPlaces(parts, i, chosen.length)) {
      const terms = logTerms(parts, place), total = logSum(terms);
      learn(i, terms.map((term) => Math.exp(term - total)));
    }
  }
}

/** Those that answer most where the chosen ones stand: a quarter as many as these, one at least. */
function neighbours(document, chosen) {
  const {parts, hidden} = document, mine = new Set(chosen), score = new Float64Array(parts.k);
  aroundChosen(document, chosen, (_, shares) => shares.forEach((share, j) => { score[j] += share; }));
  const others = byWeight(document).filter((j) => !mine.has(j) && !hidden[j] && score[j] > 0).sort((a, b) => score[b] - score[a]);
  const count = Math.max(1, Math.round(chosen.length / 4));
  return others.slice(0, count).reverse();
}

/** Of the chosen, those where others answer most: a quarter, one at least. */
function strangers(document, chosen) {
  const score = new Map(chosen.map((i) => [i, 0]));
  aroundChosen(document, chosen, (i, shares) => {
    let inside = 0;
    for (const j of chosen) inside += shares[j];
    score.set(i, score.get(i) + 1 - inside);
  });
  const order = [...chosen].sort((a, b) => score.get(b) - score.get(a));
  return order.slice(0, Math.max(1, Math.min(chosen.length - 1, Math.round(chosen.length / 5))));
}
