// The steps of a fit that are kept: all of the first, then ever fewer; and none where memory ends.

const ALL_STEPS = 50;
const MOST_BYTES = 256 * 2 ** 20;

/** Whether a fit's n-th step stays once later ones are there: all up to 50, every 2nd up to 100, every 4th up to 200, ... */
export function isKept(n) {
  return n <= ALL_STEPS || n % 2 ** Math.ceil(Math.log2(n / ALL_STEPS)) === 0;
}

/**
 * {steps, trace} of a fit's entry with one step more. Of steps, those that `isKept`, the last one, and one at the
 * iteration `sought`, which is on the screen; the trace tells of every iteration its objective, and its
 * stage where that is not the first: how often EM has come to other points.
 */
export function withKept(entry, {iteration, objective, parts, stage = entry.trace.at(-1)?.[2] ?? 0}, sought = null) {
  const before = entry.steps.slice(), last = before.at(-1);
  if (last && !isKept(last.number) && last.iteration !== sought) before.pop();
  const number = entry.trace.length + 1;
  return {
    steps: [...before, {iteration, objective, parts, number}],
    trace: [...entry.trace, stage ? [iteration, objective, stage] : [iteration, objective]],
  };
}

/** The history without the oldest steps, where all would take more bytes than `most`. Edits, and what follows from a step, stay. */
export function trimmed(history, most = MOST_BYTES) {
  let over = historyBytes(history) - most;
  if (over <= 0) return history;
  const entries = history.entries.slice(), needed = new Map();
  for (const {parent, from} of entries) if (from !== null) needed.set(parent, (needed.get(parent) ?? new Set()).add(from));
  for (const entry of history.entries) {
    if (over <= 0) break;
    if (entry.steps.length < 2 || entry.id === history.at) continue;
    entries[entry.id] = {...entry, steps: lightened(entry.steps, needed.get(entry.id))};
  }
  if (over > 0) {
    const entry = entries[history.at], shown = history.seek === null ? null : entry.steps[history.seek].iteration;
    const steps = lightened(entry.steps, new Set([...needed.get(entry.id) ?? [], shown]));
    entries[history.at] = {...entry, steps};
    return {...history, entries, seek: shown === null ? null : steps.findIndex(({iteration}) => iteration === shown)};
  }
  return {...history, entries};

  function lightened(steps, kept) {
    return steps.filter((step, at) => {
      if (over <= 0 || at === steps.length - 1 || kept?.has(step.iteration)) return true;
      over -= bytesOfParts(step.parts);
      return false;
    });
  }
}

const bytesOfParts = ({weights, means, factors}) => weights.byteLength + means.byteLength + factors.byteLength;

/** What all documents and steps take, arrays that several share counted once. */
export function historyBytes({entries}) {
  const seen = new Set();
  let sum = 0;
  const count = (parts) => {
    if (!parts) return;
    for (const array of [parts.weights, parts.means, parts.factors]) {
      if (seen.has(array)) continue;
      seen.add(array);
      sum += array.byteLength;
    }
  };
  for (const {document, steps} of entries) {
    count(document.parts);
    for (const step of steps) count(step.parts);
  }
  return sum;
}
