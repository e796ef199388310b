// Everything that was: a tree of documents, of which one line is shown, and the reducer that all actions go through.
import {fitted} from './document.js';
import {trimmed, withKept} from './steps.js';

/** The state before anything is open. */
export function freshState() {
  return {
    history: noHistory(), document: null, selection: [], hover: -1, tool: 'select', eye: null, ask: null, job: null,
    scores: [], link: 'open', notice: null, theme: null, presenting: false, tab: 'parts', compare: null, engine: null,
  };
}

// entries[i].id is i. line: the ids that undo and redo walk, oldest first. open: the key of edits that still merge.
const noHistory = () => ({entries: [], at: -1, seek: null, line: [], open: null});

/** The ids of the one line shown, oldest first: what was before the current entry, it, and what redo brings back. */
export function lineOf(history) {
  return history.line;
}

export function canUndo({line, at}) {
  return line.indexOf(at) > 0;
}

export function canRedo({line, at}) {
  return line.indexOf(at) < line.length - 1;
}

/** The last entry of every other branch. */
export function branches({entries, line}) {
  const shown = new Set(line), parents = new Set(entries.map((entry) => entry.parent));
  return entries.filter((entry) => !shown.has(entry.id) && !parents.has(entry.id));
}

/** The entry before the last one on the line that changed the mixture; null where none did. */
export function beforeOf({entries, line, at}) {
  const parts = entries[at]?.document.parts;
  for (let i = line.indexOf(at) - 1; i >= 0; i--) {
    const {document} = entries[line[i]];
    if (document.parts && document.parts !== parts) return line[i];
  }
  return null;
}

/** The document of an entry, at one of its steps where `seek` is not null. */
function documentAt(entry, seek) {
  return seek === null ? entry.document : fitted(entry.document, entry.steps[seek]);
}

/** The state with an entry after the current one, from which a branch begins where others follow already. */
function pushed(state, entry) {
  const {entries, at, seek, line} = state.history, id = entries.length;
  const from = seek === null ? null : entries[at].steps[seek].iteration;
  const full = {id, parent: at < 0 ? null : at, from, steps: [], trace: [], reason: null, ...entry};
  const history = {entries: [...entries, full], at: id, seek: null, line: [...line.slice(0, line.indexOf(at) + 1), id], open: null};
  const compare = full.kind === 'look' || full.kind === 'select' ? state.compare : null;
  return {...state, history, document: full.document, selection: full.selection, compare};
}

/** The state with an entry changed, and shown as it is now if it is the current one. */
function amended(state, id, changes) {
  const entries = state.history.entries.slice(), entry = {...entries[id], ...changes};
  entries[id] = entry;
  const history = {...state.history, entries};
  if (id !== history.at) return {...state, history};
  return {...state, history, document: documentAt(entry, history.seek), selection: entry.selection};
}

/** The state at an entry and one of its steps; a fit that was under way is left behind. */
function visited(state, id, seek, line = state.history.line) {
  const entry = state.history.entries[id], document = documentAt(entry, seek);
  const turned = document?.axes?.join() !== state.document?.axes?.join();  // of other columns, eye and question mean nothing
  return {
    ...state, ...(turned ? {eye: null, ask: null} : {}), history: {...state.history, at: id, seek, line, open: null}, document,
    selection: entry.selection, compare: null, job: state.job?.kind === 'fit' ? null : state.job,
  };
}

const isRunning = ({job, history}) => job?.kind === 'fit' && job.state === 'running' && job.entry === history.at;

/** The numbers that exist, each once, the last one last. */
function validOf(indices, document) {
  const k = document?.parts ? document.parts.k : 0, last = new Map();
  Array.from(indices).forEach((i, at) => { if (Number.isInteger(i) && i >= 0 && i < k) last.set(i, at); });
  return [...last.keys()].sort((i, j) => last.get(i) - last.get(j));
}

const alikeLists = (a, b) => a.length === b.length && a.every((v, i) => v === b[i]);

/** One entry, or the open one again where it has the same key. */
function recorded(state, kind, {label, document, selection, merge = null}) {
  const {entries, at, open, seek} = state.history;
  const again = merge !== null && open === merge && at === entries.length - 1 && seek === null && entries[at].kind === kind;
  const next = again ? amended(state, at, {label, document, selection}) : pushed(state, {kind, label, document, selection});
  return {...next, history: {...next.history, open: merge}};
}

function withEdit(state, {label, document, selection, merge = null}) {
  const wanted = validOf(selection ?? state.selection, document), chosen = alikeLists(wanted, state.selection) ? state.selection : wanted;
  if (document === state.document && chosen === state.selection) return state;
  const next = recorded(state, 'edit', {label, document, selection: chosen, merge});
  return {...next, job: state.job?.kind === 'fit' ? null : state.job, hover: -1};
}

function withLook(state, partial, label = 'Look') {
  const {document} = state, keys = Object.keys(partial);
  if (!document || keys.every((key) => partial[key] === document.look[key])) return state;
  const full = {...document.look, ...partial};
  if (partial.tone) full.tone = {...document.look.tone, ...partial.tone};
  const next = {...document, look: full};
  if (isRunning(state)) return amended(state, state.history.at, {document: {...state.history.entries[state.history.at].document, look: full}});
  return recorded(state, 'look', {label, document: next, selection: state.selection, merge: `look:${keys.sort()}`});
}

/** from: the selection that is changed, where it is not the one of now: that with which a gesture began. */
function withSelection(state, {indices, how = 'set', from = state.selection, merge = null}) {
  const given = new Set(indices), before = new Set(from);
  const wanted = {
    set: () => [...indices],
    add: () => [...from.filter((i) => !given.has(i)), ...indices],
    remove: () => from.filter((i) => !given.has(i)),
    and: () => Array.from(indices).filter((i) => before.has(i)),
  }[how]();
  const selection = validOf(wanted, state.document);
  if (alikeLists(selection, state.selection)) return state;
  const {history} = state;
  if (isRunning(state)) return amended(state, history.at, {selection});
  if (history.seek !== null || canRedo(history)) return {...state, selection}; // to look about in the past leaves what came then
  return recorded(state, 'select', {label: 'Select', document: state.document, selection, merge});
}

function withFit(state, {job, kind, document = state.document, label = 'Fit', paused = false, keep = false, criterion = 'bic'}) {
  const entry = {id: job, kind, state: paused ? 'paused' : 'running', ...(kind === 'score' ? {criterion} : {})};
  if (kind !== 'fit') return {...state, job: entry, scores: keep ? state.scores : []};
  const next = pushed(state, {kind: 'fit', label, document, selection: validOf(state.selection, document)});
  return {...next, job: {...entry, entry: next.history.at}, notice: null};
}

/** What is known of a number of components and new comes to what is known of it already. */
function withScore(state, {k, bic, icl, aic, stability = null, spread = null}) {
  const before = state.scores.find((one) => one.k === k);
  const now = {k, bic: before?.bic ?? bic, icl: before?.icl ?? icl, aic: before?.aic ?? aic, ...(state.job.criterion === 'stability' ? {stability, spread} : {})};
  return {...state, scores: [...state.scores.filter((one) => one.k !== k), {...before, ...now}].sort((a, b) => a.k - b.k)};
}

/** What EM has found goes to its entry; to a new one, where a look or a selection came after a pause. */
function withStep(state, found) {
  if (state.history.at !== state.job.entry) {
    const {document, selection, history} = state;
    state = pushed(state, {kind: 'fit', label: history.entries[state.job.entry].label, document, selection});
    state = {...state, job: {...state.job, entry: state.history.at}};
  }
  const {history, job} = state, entry = history.entries[job.entry];
  const looked = history.seek === null ? null : entry.steps[history.seek].iteration;
  const document = fitted(entry.document, found), {steps, trace} = withKept(entry, found, looked);
  const selection = validOf(entry.selection, document);
  const at = looked === null ? null : steps.findIndex(({iteration}) => iteration === looked);
  const next = amended({...state, history: {...history, seek: at}}, job.entry, {document, selection, steps, trace});
  return {...next, history: trimmed(next.history)};
}

function withEnd(state, {reason, iteration, objective, parts, criteria = null}) {
  const {job} = state;
  if (job.kind !== 'fit') return {...state, job: null};
  const {history} = state, entry = history.entries[job.entry], last = entry.steps.at(-1);
  const found = {iteration, objective, parts: parts ?? last?.parts ?? entry.document.parts, criteria, reason};
  if (history.at === job.entry && last?.iteration !== iteration && parts) state = withStep(state, found);
  const now = state.history.entries[job.entry], steps = now.steps.slice();
  if (steps.length && steps.at(-1).iteration === iteration) steps[steps.length - 1] = {...steps.at(-1), parts: found.parts, objective};
  let next = amended(state, job.entry, {document: fitted(now.document, found), steps, reason});
  const here = next.history.entries[next.history.at];
  if (here.id !== job.entry && last && here.document.parts === last.parts) {
    next = amended(next, here.id, {document: fitted(here.document, found)}); // only looks and selections came after a pause
  }
  return {...next, job: null};
}

/** A fit that could not begin leaves no entry behind. */
function withFailure(state, {job, sentence, remedy = null}) {
  const notice = {sentence, remedy, bad: true}, mine = state.job && state.job.id === job;
  if (!mine || state.job.kind !== 'fit') return {...state, notice, job: mine ? null : state.job};
  const entry = state.history.entries[state.job.entry];
  const next = entry.steps.length || state.history.at !== entry.id ? state : withoutLast(state);
  return {...next, notice, job: null};
}

/** The state without the current entry, where it is the newest and not the first. */
function withoutLast(state) {
  const {entries, at, line} = state.history, {parent, from} = entries[at];
  if (at !== entries.length - 1 || parent === null) return state;
  const history = {...state.history, entries: entries.slice(0, -1), line: line.slice(0, -1)};
  return visited({...state, history}, parent, stepAt(entries[parent], from));
}

const stepAt = (entry, iteration) => {
  const at = iteration === null ? -1 : entry.steps.findIndex((found) => found.iteration === iteration);
  return at < 0 ? null : at;
};

/** To an entry anywhere in the tree. The line goes through it, on along what was made last. */
function goneTo(state, id, step = null) {
  const {entries, line} = state.history;
  if (!entries[id]) return state;
  if (line.includes(id)) return visited(state, id, clampedStep(entries[id], step));
  const way = [id], children = new Map();
  for (let i = id; entries[i].parent !== null; i = entries[i].parent) way.unshift(entries[i].parent);
  for (const entry of entries) children.set(entry.parent, entry.id);
  for (let i = children.get(id); i !== undefined; i = children.get(i)) way.push(i);
  return visited(state, id, clampedStep(entries[id], step), way);
}

/** A step's number, null for the last one. */
function clampedStep(entry, step) {
  if (step === null || step === undefined || !entry.steps.length) return null;
  const at = Math.min(Math.max(0, Math.round(step)), entry.steps.length - 1);
  return at === entry.steps.length - 1 ? null : at;
}

function sought(state, step) {
  const {history} = state, entry = history.entries[history.at];
  if (!entry?.steps.length) return state;
  const at = clampedStep(entry, step);
  if (at === history.seek) return state;
  const document = documentAt(entry, at);
  return {...state, history: {...history, seek: at, open: null}, document, selection: validOf(state.selection, document)};
}

function undone(state) {
  const {entries, line, at} = state.history;
  if (!canUndo(state.history)) return state;
  return visited(state, line[line.indexOf(at) - 1], stepAt(entries[line[line.indexOf(at) - 1]], entries[at].from));
}

function redone(state) {
  const {line, at} = state.history;
  return canRedo(state.history) ? visited(state, line[line.indexOf(at) + 1], null) : state;
}

function withOpened(state, document) {
  const cleared = {...state, history: noHistory(), selection: [], hover: -1, eye: null, ask: null, job: null, scores: [], notice: null};
  return pushed(cleared, {kind: 'open', label: document.source.name, document, selection: []});
}

/** A history that was kept, in its place. */
function restored(state, history) {
  const entry = history.entries[history.at], {selection} = entry;
  return {...state, history: {...history, open: null}, document: documentAt(entry, history.seek), selection, job: null, eye: null, ask: null, compare: null};
}

const setTo = (name) => (state, action) => (state[name] === action[name] ? state : {...state, [name]: action[name]});
const ofJob = (act) => (state, action) => (state.job && state.job.id === action.job ? act(state, action) : state);

const REDUCERS = {
  open: (state, {document}) => withOpened(state, document),
  edit: withEdit, select: withSelection, begin: withFit, failed: withFailure,
  look: (state, {look: partial, label}) => withLook(state, partial, label),
  axes: (state, {axes}) => (alikeLists(axes, state.document.axes) ? state
    : {...recorded(state, 'look', {label: 'Axes', document: {...state.document, axes}, selection: state.selection, merge: 'axes'}), eye: null, ask: null}),
  rest: (state) => (state.history.open === null ? state : {...state, history: {...state.history, open: null}}),
  revert: (state) => (state.history.open === null ? state : withoutLast(state)),
  step: ofJob((state, action) => (state.job.kind === 'fit' ? withStep(state, action) : state)),
  done: ofJob(withEnd),
  score: ofJob(withScore),
  pause: ofJob((state) => ({...state, job: {...state.job, state: 'paused'}})),
  resume: ofJob((state) => ({...state, job: {...state.job, state: 'running'}})),
  seek: (state, {step: at}) => sought(state, at),
  restore: (state, {history}) => restored(state, history),
  undo: undone, redo: redone,
  go: (state, {entry, step: at}) => goneTo(state, entry, at),
  compare: (state, {entry}) => (state.compare === entry ? state : {...state, compare: state.history.entries[entry] ? entry : null}),
  hover: (state, {index}) => (state.hover === index ? state : {...state, hover: index}),
  present: (state, {on}) => (state.presenting === on ? state : {...state, presenting: on}),
  welcome: (state, {engine, can, samples, limits}) => ({...state, engine: {engine, can, samples, limits}}),
  ...Object.fromEntries(['tool', 'eye', 'ask', 'notice', 'link', 'theme', 'tab'].map((name) => [name, setTo(name)])),
};

/** The state after an action. Actions that do not apply, such as steps of a fit left behind, give the state back. */
export function reduce(state, action) {
  const act = REDUCERS[action.type];
  if (!act) throw new Error(`There is no action ${action.type}.`);
  return act(state, action);
}
