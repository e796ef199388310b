// Everything can be undone, to the bit; fits hold their steps; nothing that comes late does harm.
import assert from 'node:assert/strict';
import test from 'node:test';
import {bitsOf, chance, movedTo, pictureDocument, someParts, tableDocument, tableSource} from './things.mjs';

const WEB = '../../../src/mixtura/studio/web/';
const {act, canAct} = await import(`${WEB}acts.js`);
const {newDocument, wrongWith} = await import(`${WEB}document.js`);
const edits = await import(`${WEB}edits.js`);
const {beforeOf, branches, canRedo, canUndo, freshState, lineOf, reduce} = await import(`${WEB}history.js`);
const {historyBytes, isKept, trimmed} = await import(`${WEB}steps.js`);

const opened = (document) => reduce(freshState(), {type: 'open', document});
const run = (state, ...actions) => actions.reduce((now, action) => (action ? reduce(now, action) : now), state);
const fitting = (state, job, count, random, first = 1) => {
  const {k, d} = state.document.parts ?? {k: 4, d: state.document.source.d};
  for (let i = first; i < first + count; i++) state = reduce(state, {type: 'step', job, iteration: i, objective: -9 + i / 100, parts: someParts(k, d, random)});
  return state;
};
const seen = ({document, selection}) => [bitsOf(document.parts), [...selection], [...document.pins], [...document.hidden], document.names, document.colours, document.look, document.axes].map((v) => JSON.stringify(v)).join('|');

function whole(state) {
  const {history, document, selection} = state, {entries, at, seek, line} = history;
  assert.ok(entries.every((entry, i) => entry.id === i && (entry.parent === null || entry.parent < i)));
  assert.ok(line.includes(at) && line.every((id, i) => i === 0 || entries[id].parent === line[i - 1]));
  assert.ok(seek === null || (seek >= 0 && seek < entries[at].steps.length));
  const k = document.parts ? document.parts.k : 0;
  if (document.parts) assert.equal(wrongWith(document.parts), null);
  for (const name of ['pins', 'hidden', 'names', 'colours']) assert.equal(document[name].length, k, name);
  assert.ok(selection.every((i) => Number.isInteger(i) && i >= 0 && i < k) && new Set(selection).size === selection.length);
  if (state.job?.kind === 'fit') assert.ok(entries[state.job.entry].kind === 'fit');
  for (const {steps, trace} of entries) {
    assert.ok(steps.every((step, i) => i === 0 || step.number > steps[i - 1].number));
    assert.ok(steps.length === 0 || steps.at(-1).number === trace.length);
  }
}

const NAMES = ['split', 'merge', 'copy', 'hide', 'delete', 'pin-mean', 'pin-covariance', 'pin-weight', 'grow', 'shrink', 'isolate', 'colour', 'everything', 'next', 'previous', 'show'];

function anAction(state, random, jobs) {
  const {document, selection} = state, {parts} = document, i = parts ? random.below(parts.k) : 0, n = document.axes.length;
  const edit = (next, merge = null) => ({type: 'edit', label: 'e', document: next, merge});
  const kinds = [
    () => act(state, random.one(NAMES)), () => act(state, random.one(NAMES)),
    () => ({type: 'select', indices: [random.below(9), i], how: random.one(['set', 'add', 'remove', 'and'])}),
    () => parts && edit(edits.moveBy(document, selection, Array.from({length: n}, () => random.normal())), random.one(['drag:1', null])),
    () => parts && n === 2 && edit(edits.shape(document, i, edits.stretching(random.normal(), 0.5 + random.next(), 0.5 + random.next(), random.normal()))),
    () => parts && edit(edits.weigh(document, i, random.next())),
    () => parts && parts.k < 12 && edit(edits.setCount(document, 1 + random.below(12))),
    () => parts && edit(edits.rename(document, i, random.one(['a', '', 'b']))), () => parts && edit(edits.recolour(document, [i], random.one(['#112233', '#ffeedd']))),
    () => edit(edits.add(document, document.axes.map(() => random.normal()), n === 1 ? [1] : [1, 0, 0.2, 2])),
    () => ({type: 'look', look: random.one([{sharpen: random.next()}, {style: 'grid'}, {tone: {mean: {kind: 'gamma', gamma: random.next(), points: []}}}])}),
    () => ({type: 'begin', job: (jobs.last += 1), kind: 'fit', paused: random.next() < 0.3}),
    () => state.job && {type: 'step', job: state.job.id, iteration: (jobs.step += 1), objective: -random.next(), parts: someParts(parts?.k ?? 4, document.source.d, random)},
    () => state.job && {type: 'step', job: state.job.id, iteration: (jobs.step += 1), objective: -random.next(), parts: someParts(3, document.source.d, random)},
    () => ({type: 'step', job: -7, iteration: 1, objective: 0, parts: someParts(2, document.source.d, random)}),
    () => state.job && {type: 'done', job: state.job.id, reason: 'converged', iteration: (jobs.step += 1), objective: -1, parts: someParts(parts?.k ?? 4, document.source.d, random), criteria: {bic: 1, icl: 1, aic: 1}},
    () => ({type: 'done', job: -7, reason: 'stopped', iteration: 3, objective: 0, parts: someParts(2, document.source.d, random)}),
    () => state.job && {type: random.one(['pause', 'resume']), job: state.job.id}, () => ({type: 'failed', job: random.one([-7, state.job?.id ?? null]), sentence: 's', remedy: 'r'}),
    () => ({type: 'seek', step: random.one([null, 0, 3, random.below(9), Infinity])}),
    () => ({type: 'undo'}), () => ({type: 'undo'}), () => ({type: 'redo'}), () => ({type: 'rest'}), () => ({type: 'revert'}),
    () => ({type: 'go', entry: random.below(state.history.entries.length), step: random.one([null, 2])}),
    () => ({type: 'compare', entry: beforeOf(state.history)}), () => ({type: 'axes', axes: random.one([[0, 1], [1, 0]]).slice(0, n)}),
    () => ({type: 'hover', index: i}), () => ({type: 'ask', ask: null}), () => ({type: 'eye', eye: null}), () => ({type: 'tool', tool: 'lasso'}),
  ];
  return random.one(kinds)();
}

test('any sequence of actions keeps the state whole, and all that was shown comes back to the bit', () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = chance(seed), jobs = {last: 0, step: 0};
    const first = seed % 4 === 3 ? newDocument(tableSource(2, random)) : seed % 4 === 2 ? pictureDocument(4, random) : tableDocument(4, 1 + (seed % 2), random);
    let state = opened(first);
    for (let i = 0; i < 120; i++) {
      const action = anAction(state, random, jobs), before = state;
      if (!action) continue;
      state = reduce(state, action);
      whole(state);
      if (state.history.line.length > before.history.line.length && action.type === 'edit') { // a new entry: undo and redo are exact
        const undone = reduce(state, {type: 'undo'});
        assert.equal(seen(undone), seen({...before, selection: undone.selection}));
        assert.equal(seen(reduce(undone, {type: 'redo'})), seen(state));
      }
    }
    const marks = state.history.line.map((id) => bitsOf(state.history.entries[id].document.parts)), last = bitsOf(state.document.parts);
    state = reduce(state, {type: 'go', entry: state.history.line.at(-1)});
    while (canUndo(state.history)) state = reduce(state, {type: 'undo'});
    assert.equal(bitsOf(state.document.parts), bitsOf(first.parts));
    const again = [bitsOf(state.history.entries[state.history.at].document.parts)];
    while (canRedo(state.history)) {
      state = reduce(state, {type: 'redo'});
      again.push(bitsOf(state.document.parts));
    }
    assert.deepEqual(again, marks);
    assert.ok(last.length > 0);
  }
});

test('an edit that is dragged is one entry, and Escape leaves none', () => {
  const document = tableDocument(3, 2, chance(1)), state = run(opened(document), {type: 'select', indices: [1], how: 'set'});
  let dragged = state;
  for (let i = 1; i <= 20; i++) dragged = reduce(dragged, {type: 'edit', label: 'Move', document: movedTo(document, 1, [i, i]), merge: 'drag:1'});
  assert.equal(dragged.history.entries.length, 3);
  assert.equal(dragged.document.parts.means[2], 20);
  const next = run(dragged, {type: 'rest'}, {type: 'edit', label: 'Move', document: movedTo(document, 1, [7, 7]), merge: 'drag:1'});
  assert.equal(next.history.entries.length, 4);
  const left = reduce(dragged, {type: 'revert'});
  assert.equal(left.history.entries.length, 2);
  assert.equal(left.document, document);
  assert.deepEqual([...left.selection], [1]);
  assert.equal(reduce(run(dragged, {type: 'rest'}), {type: 'revert'}).history.entries.length, 3);
});

test('a fit is one entry with its steps; one can look back, and an edit there begins a branch', () => {
  const random = chance(2);
  let state = run(opened(newDocument(tableSource(2, random))), {type: 'begin', job: 1, kind: 'fit'});
  state = fitting(state, 1, 12, random);
  const end = bitsOf(state.document.parts);
  state = reduce(state, {type: 'done', job: 1, reason: 'converged', iteration: 12, objective: -8, parts: state.document.parts, criteria: {bic: 5, icl: 6, aic: 4}});
  assert.equal(state.history.entries.length, 2);
  assert.equal(state.history.entries[1].steps.length, 12);
  assert.deepEqual(state.document.fit.criteria, {bic: 5, icl: 6, aic: 4});
  assert.equal(state.job, null);
  const back = reduce(state, {type: 'seek', step: 4}), there = bitsOf(back.document.parts);
  assert.equal(back.document.fit.iteration, 5);
  const branch = reduce(back, act({...back, selection: [0]}, 'split'));
  assert.equal(branch.document.parts.k, 5);
  assert.equal(branch.history.entries[2].from, 5);
  const undone = reduce(branch, {type: 'undo'});
  assert.equal(bitsOf(undone.document.parts), there);
  assert.equal(bitsOf(run(undone, {type: 'seek', step: null}).document.parts), end);
  const other = run(undone, {type: 'seek', step: null}, act({...undone, selection: [1], document: run(undone, {type: 'seek', step: null}).document}, 'copy'));
  assert.deepEqual(branches(other.history).map(({id}) => id), [2]);
  const gone = reduce(other, {type: 'go', entry: 2});
  assert.deepEqual([...lineOf(gone.history)], [0, 1, 2]);
  assert.equal(bitsOf(gone.document.parts), bitsOf(branch.document.parts));
});

test('a gesture that goes on changes the selection with which it began', () => {
  const state = run(opened(tableDocument(6, 2, chance(2))), {type: 'select', indices: [1, 2, 3, 4], how: 'set'}), from = state.selection;
  const moved = (how, ...ways) => ways.reduce((now, indices) => reduce(now, {type: 'select', indices, how, from, merge: 'strip'}), state);
  assert.deepEqual([...moved('and', [5], [5, 4], [5, 4, 3]).selection], [4, 3]);  // there was nothing in between
  assert.deepEqual([...moved('add', [0, 5], [0]).selection], [1, 2, 3, 4, 0]);
  assert.deepEqual([...moved('remove', [1, 2], [1]).selection], [2, 3, 4]);
  assert.equal(moved('and', [5], [5, 4]).history.entries.length, state.history.entries.length + 1);
});

test('steps and ends of fits that were left behind change nothing', () => {
  const random = chance(3);
  let state = run(opened(tableDocument(4, 2, random)), {type: 'begin', job: 1, kind: 'fit'});
  state = fitting(state, 1, 3, random);
  const edited = reduce(state, act({...state, selection: [0]}, 'delete'));
  assert.equal(edited.job, null);
  for (const late of [{type: 'step', job: 1, iteration: 4, objective: 1, parts: someParts(4, 2, random)}, {type: 'done', job: 1, reason: 'stopped', iteration: 4, objective: 1, parts: someParts(4, 2, random)}, {type: 'pause', job: 1}]) assert.equal(reduce(edited, late), edited);
  const anew = reduce(edited, {type: 'begin', job: 2, kind: 'fit'});
  assert.equal(reduce(anew, {type: 'step', job: 1, iteration: 4, objective: 1, parts: someParts(4, 2, random)}), anew);
  assert.equal(reduce(anew, {type: 'done', job: 1, reason: 'stopped', iteration: 4, objective: 1, parts: someParts(4, 2, random)}), anew);
  const undone = reduce(state, {type: 'undo'});
  assert.equal(undone.job, null);
  assert.equal(reduce(undone, {type: 'step', job: 1, iteration: 4, objective: 1, parts: someParts(4, 2, random)}), undone);
  const none = run(opened(tableDocument(4, 2, random)), {type: 'begin', job: 2, kind: 'fit'}, {type: 'failed', job: 2, sentence: 'No.', remedy: null});
  assert.equal(none.history.entries.length, 1);
  assert.equal(none.notice.sentence, 'No.');
});

test('a look while a fit runs belongs to its entry; after a pause it is one, and the fit goes on in another', () => {
  const random = chance(4);
  let state = fitting(run(opened(tableDocument(4, 2, random)), {type: 'begin', job: 1, kind: 'fit'}), 1, 3, random);
  state = run(state, {type: 'look', look: {sharpen: 2}}, {type: 'select', indices: [2], how: 'set'});
  assert.equal(state.history.entries.length, 2);
  state = fitting(state, 1, 2, random, 4);
  assert.deepEqual([state.document.look.sharpen, ...state.selection], [2, 2]);
  state = run(state, {type: 'pause', job: 1}, {type: 'look', look: {sharpen: 3}}, {type: 'look', look: {sharpen: 4}}, {type: 'resume', job: 1});
  assert.equal(state.history.entries.length, 3);
  state = fitting(state, 1, 2, random, 6);
  assert.deepEqual(state.history.entries.map(({kind}) => kind), ['open', 'fit', 'look', 'fit']);
  assert.equal(state.document.look.sharpen, 4);
  assert.equal(reduce(reduce(state, {type: 'undo'}), {type: 'undo'}).document.look.sharpen, 2);
});

test('of many steps all of the first are kept, and ever fewer of the later ones', () => {
  assert.ok(isKept(50) && !isKept(51) && isKept(52) && isKept(100) && !isKept(102) && isKept(104));
  const random = chance(5);
  let state = fitting(run(opened(tableDocument(2, 1, random)), {type: 'begin', job: 1, kind: 'fit'}), 1, 3000, random);
  const {steps, trace} = state.history.entries[1];
  assert.equal(trace.length, 3000);
  assert.ok(steps.length > 150 && steps.length < 260, String(steps.length));
  assert.deepEqual(steps.slice(0, 50).map(({iteration}) => iteration), Array.from({length: 50}, (_, i) => i + 1));
  assert.equal(steps.at(-1).iteration, 3000);
  state = reduce(state, {type: 'seek', step: 60});
  const looked = state.document;
  state = fitting(state, 1, 500, random, 3001);
  assert.equal(state.document.parts, looked.parts);
});

test('where memory ends, steps go and edits stay', () => {
  const random = chance(6);
  let state = fitting(run(opened(tableDocument(40, 3, random)), {type: 'begin', job: 1, kind: 'fit'}), 1, 40, random);
  state = run(state, {type: 'done', job: 1, reason: 'limit', iteration: 40, objective: 0, parts: state.document.parts}, {type: 'seek', step: 9});
  const before = bitsOf(state.document.parts);
  state = run(state, act({...state, selection: [1]}, 'split'));
  const edited = bitsOf(state.document.parts);
  state = run({...state, history: trimmed(state.history, 60000)});
  assert.ok(historyBytes(state.history) <= 60000);
  assert.equal(bitsOf(state.document.parts), edited);
  assert.deepEqual(state.history.entries[1].steps.map(({iteration}) => iteration).filter((i) => i === 10 || i === 40), [10, 40]);
  assert.equal(bitsOf(reduce(state, {type: 'undo'}).document.parts), before);
  whole(state);
});

test('what can not be done offers nothing', () => {
  const state = opened(tableDocument(2, 2, chance(7)));
  for (const name of NAMES) if (!['everything', 'next', 'previous'].includes(name)) assert.equal(act(state, name), null, name);
  assert.ok(!canAct(state, 'split') && canAct({...state, selection: [0]}, 'split') && !canAct({...state, selection: [0]}, 'merge'));
  assert.ok(!canAct({...state, selection: [0, 1]}, 'delete'));
  assert.throws(() => reduce(state, {type: 'nothing'}), /no action nothing/);
});

test('growing takes the neighbours in, shrinking leaves the strangers out', () => {
  const row = (k) => ({k, d: 2, weights: new Float64Array(k).fill(1 / k), means: Float64Array.from({length: 2 * k}, (_, at) => (at % 2 ? 0 : at * 0.8)), factors: Float64Array.from({length: 4 * k}, (_, at) => (at % 4 === 0 || at % 4 === 3 ? 1 : 0))});
  const state = {...opened(newDocument(tableSource(2, chance(8)), row(9))), selection: [4]};
  const grown = reduce(state, act(state, 'grow'));
  assert.ok(grown.selection.length === 2 && grown.selection.includes(4) && (grown.selection.includes(3) || grown.selection.includes(5)));
  const most = {...state, selection: [1, 8, 2]}, shrunk = reduce(most, act(most, 'shrink'));
  assert.deepEqual([...shrunk.selection].sort(), [1, 2]);
});
