// An engine in the page itself: it answers the messages of wire.js by EM in JavaScript, a slice of work at a time, so
// that it may live in a worker or, where there can be none, beside the page.
import {Refusal, readTable} from './csv.js';
import {climbFrom, climbed, criteriaOf} from './em.js';
import {byColumns, labelled} from './expect.js';
import {resizedWith} from './families.js';
import {FitProblem} from './maximise.js';
import {plainStem} from './quoting.js';
import {readModel, writeModel} from './modelfile.js';
import {STARTS, startOf} from './starts.js';
import {partArrays, partsIn} from './wire.js';

const SLICE = 12; // ms of work between two looks at what was said meanwhile
const FRAME = 33; // ms between two steps that are shown
const WATCHED = 60; // steps that are shown one by one; after these it goes as fast as it can
const ENGINE_LIMITS = {bytes: 64 << 20, rows: 100_000, d: 64, k: 5000, candidates: 30};
const ABILITIES = ['fit', 'score', 'take:mix', 'take:csv', ...STARTS.map((start) => `start:${start}`)];
const UNFORESEEN = ['Something went wrong here that nobody foresaw.', 'What is open is kept: try again, or other settings.'];

/**
 * The engine: a function of messages from the page. post(message) sends one to it.
 * given: {opened: {head, arrays} | null: what is open from the beginning, samples: [{name, title, kind, columns, points}]}.
 * clock: {later(run, ms), now()}, in a test another one.
 */
export function pageEngine(post, given = {}, clock = CLOCK) {
  const samples = given.samples ?? [];
  let open = null, fit = null, score = null, timer = null, known = null, greeted = false, opened = 0;

  const say = (type, fields = {}, arrays = {}, re = null) => post({type, seq: 0, re, ...fields, arrays});
  const refuse = (job, error, re = null) => {
    const foreseen = error instanceof Refusal || error instanceof FitProblem || error instanceof RangeError;
    if (!foreseen) console.error(error);
    const [sentence, remedy] = foreseen ? [error.message, error.remedy ?? 'Choose other ones.'] : UNFORESEEN;
    say('failed', {job, sentence, remedy}, {}, re);
  };

  function wake(ms = 0) {
    timer ??= clock.later(() => {
      timer = null;
      work();
    }, ms);
  }

  // What is open

  function show(head, arrays, re) {
    if (fit) halt();
    score = known = null;
    opened++;
    const {points} = arrays, d = head.columns.length;
    open = {...open, head, points, d, columns: null};
    const told = {id: `here-${opened}`, mode: null, threshold: null, frame: null, width: null, height: null, ...head};
    say('opened', {types: head.columns.map(() => 'number'), all_columns: head.columns, ...told},
      {...arrays, points: {data: points, shape: [points.length / d, d]}}, re);
  }

  function read({kind, name, columns, arrays}) {
    if (kind === 'sample') {
      const found = samples.find((sample) => sample.name === name);
      if (!found) throw new Refusal(`There is no sample called ${name} in this page.`, 'Choose one that is offered.');
      return [{kind: 'points', name, columns: found.columns, n: found.points.length / found.columns.length}, {points: found.points}];
    }
    if (kind === 'points' && arrays.points) {
      return [{kind, name, columns: columns ?? ['x', 'y'], n: arrays.points.length / (columns?.length ?? 2)}, {points: arrays.points}];
    }
    const file = arrays.bytes ?? open?.file;
    if (!file) throw new Refusal('Nothing came with this.', 'Choose the file again.');
    if (kind === 'picture') {
      throw new Refusal('This page fits tables and points; it has no room for pictures.', 'Open the picture with mixtura studio.');
    }
    if (kind === 'model') {
      const {parts, kind: family, columns: names, notes} = readModel(file, name), kept = notes.studio ?? {};
      const head = {kind, name, columns: names ?? Array.from({length: parts.d}, (_, i) => `x${i + 1}`), n: 0, covariance_type: family};
      for (const what of ['names', 'colours']) if (kept[what]?.length === parts.k) head[what] = kept[what];
      if (kept.look) head.keep = kept.look;
      return [head, {points: new Float64Array(0), ...partArrays(parts)}];
    }
    if (/\.(parquet|npy|gmx)$/i.test(name)) {
      throw new Refusal(`${name} is of a kind that this page does not read.`, 'Save the table as .csv, or use mixtura studio.');
    }
    const found = readTable(file, name, columns, ENGINE_LIMITS);
    open = {...open, file};
    const {types, allColumns, n, points} = found;
    return [{kind: 'table', name, columns: found.columns, types, all_columns: allColumns, n}, {points}];
  }

  // Fits, a slice at a time

  function whole() {
    if (!open?.points.length) throw new Refusal('There are no points to fit here.', 'Open a table or draw some points.');
    if (open.columns === null) {
      const gaps = open.head.columns.map((_, c) => open.points.some((value, p) => p % open.d === c && Number.isNaN(value)));
      const first = gaps.indexOf(true);
      if (first >= 0) {
        throw new Refusal(`Column ${open.head.columns[first]} has gaps, and this page fits rows that are whole.`,
          'Choose columns without gaps, or use mixtura studio, which fits what each row has.');
      }
      open.columns = byColumns(open.points, open.d);
    }
    return open.columns;
  }

  function begin({job, k, covariance_type: kind, start, seed, tol, max_iter: limit, prior, paused, arrays, shapes}) {
    if (fit) halt();
    const points = whole(), from = partsIn({arrays, shapes});
    if (k > points.n) throw new FitProblem(`There are ${points.n} points for ${k} components.`, `Lower K to ${points.n} or less.`);
    const [parts, pins] = from ? resizedWith(from, arrays.pins ?? new Uint8Array(from.k), k, kind)
      : [startOf(points, k, {kind, start, seed, prior: prior > 0}), null];
    const climb = climbFrom(points, parts, {kind, tol, limit, prior: prior > 0, pins: pins?.some(Boolean) ? pins : null});
    fit = {job, kind, climb, held: paused, allowed: 0, shown: -Infinity, told: -1};
    tell(clock.now());
    if (paused) say('paused', {job});
    wake();
  }

  function tell(now) {
    const {job, climb} = fit, {iteration, objective, gain, parts} = climb;
    fit.shown = now;
    fit.told = iteration;
    say('step', {job, iteration, objective, gain: Number.isFinite(gain) ? gain : 0}, partArrays(parts));
  }

  function workOnFit() {
    const began = clock.now();
    while (fit && fit.climb.reason === null) {
      if (fit.held && !fit.allowed) return;
      const now = clock.now(), wait = fit.shown + FRAME - now;
      if (!fit.held && fit.climb.iteration < WATCHED && wait > 0) return wake(wait);
      if (now - began > SLICE) return wake();
      const climb = climbed(fit.climb), isStep = climb.iteration > fit.climb.iteration;
      fit.climb = climb;
      if (isStep && (fit.held || clock.now() - fit.shown >= FRAME || climb.reason !== null)) tell(clock.now());
      if (fit.held && !(fit.allowed -= 1) && climb.reason === null) say('paused', {job: fit.job});
    }
    if (fit) end(fit.climb.reason);
  }

  function end(reason, re = null) {
    const {job, kind, climb} = fit, {iteration, objective, parts, points} = climb;
    fit = null;
    known = {parts, kind};
    const criteria = reason === 'stopped' ? {bic: null, icl: null, aic: null} : criteriaOf(points, parts, kind, objective);
    say('done', {job, reason, iteration, objective, ...criteria}, partArrays(parts), re);
  }

  const halt = (re = null) => end('stopped', re);

  // Every K, between the fits

  function workOnScore() {
    const {job, kind, seed} = score, k = score.next, points = open.columns, began = clock.now();
    try {
      score.climb ??= climbFrom(points, startOf(points, k, {kind, start: 'kmeans', seed}), {kind});
      while (score.climb.reason === null) {
        if (clock.now() - began > SLICE) return wake();
        score.climb = climbed(score.climb);
      }
      say('score', {job, k, ...criteriaOf(points, score.climb.parts, kind, score.climb.objective)});
    } catch (error) {
      if (!(error instanceof FitProblem)) throw error;
      say('score', {job, k, bic: null, icl: null, aic: null, why: error.message});
    }
    score.climb = null;
    score.next++;
    if (score.next <= score.last) return wake();
    score = null;
    return say('scored', {job});
  }

  function work() {
    const job = fit?.job ?? score?.job ?? null;
    try {
      if (fit && !(fit.held && !fit.allowed)) workOnFit();
      else if (score) workOnScore();
      if (score && !timer && (!fit || fit.held)) wake();
    } catch (error) {
      if (fit?.job === job) fit = null;
      else score = null;
      refuse(job, error);
    }
  }

  // Files

  function take({kind, name, names, colours, keep, arrays, shapes}) {
    const parts = partsIn({arrays, shapes}), stem = name ?? plainStem(open?.head.name ?? '');
    if (kind === 'csv') {
      const {labels} = labelled(whole(), parts), text = `component\n${labels.join('\n')}\n`;
      return {name: `${stem}-labels.csv`, mime: 'text/csv', bytes: new TextEncoder().encode(text)};
    }
    if (kind !== 'mix') throw new Refusal(`This page does not write .${kind}.`, 'Take the .mix, from which mixtura makes it.');
    const family = known && sameParts(known.parts, parts) ? known.kind : 'full';
    const studio = Object.fromEntries(Object.entries({names, colours, look: keep}).filter(([, value]) => value));
    for (const bits of ['pins', 'hidden']) if (arrays[bits]?.some(Boolean)) studio[bits] = Array.from(arrays[bits]);
    const bytes = writeModel(parts, family, open?.head.columns ?? null, Object.keys(studio).length ? {studio} : {});
    return {name: `${stem}.mix`, mime: 'application/octet-stream', bytes};
  }

  const answers = {
    hello({seq}) {
      const told = samples.map(({name, title, kind}) => ({name, title, kind})), first = !greeted && Boolean(given.opened);
      greeted = true;
      say('welcome', {session: 'here', engine: 'worker', can: ABILITIES, samples: told, limits: ENGINE_LIMITS,
        source: open ? `here-${opened}` : null, first, job: fit?.job ?? null}, {}, seq);
      if (first) show(given.opened.head, given.opened.arrays, null);
    },
    open: (message) => show(...read(message), message.seq),
    fit: begin,
    pause({job}) {
      if (fit?.job !== job) return;
      Object.assign(fit, {held: true, allowed: 0});
      if (fit.told < fit.climb.iteration) tell(clock.now());
      say('paused', {job});
    },
    resume({job}) {
      if (fit?.job !== job) return;
      fit.held = false;
      wake();
    },
    step({job, count}) {
      if (fit?.job !== job) return;
      fit.held = true;
      fit.allowed += count;
      wake();
    },
    stop({job, seq}) {
      if (fit?.job === job) halt(seq);
      else if (score?.job === job) {
        score = null;
        say('scored', {job}, {}, seq);
      }
    },
    score({job, from, to, covariance_type: kind, seed, criterion}) {
      if (criterion !== 'bic') throw new Refusal(`This page does not compare by ${criterion}.`, 'Compare by it in mixtura studio.');
      const last = Math.min(to, whole().n);
      if (last < from || last - from >= ENGINE_LIMITS.candidates) {
        throw new Refusal(`K from ${from} to ${to} cannot be compared here.`, 'Give a range of up to 30 that the points allow.');
      }
      score = {job, kind, seed, next: from, last, climb: null};
      wake();
    },
    edit() {},
    take(message) {
      const {bytes, ...file} = take(message);
      say('taken', file, {bytes}, message.seq);
    },
  };

  return (message) => {
    try {
      answers[message.type](message);
    } catch (error) {
      refuse(['fit', 'score'].includes(message.type) ? message.job : null, error, message.seq);
    }
  };
}

const CLOCK = {later: (run, ms) => setTimeout(run, ms), now: () => performance.now()};
const sameParts = (a, b) => ['weights', 'means', 'factors'].every((name) => a[name].length === b[name].length
  && a[name].every((value, i) => value === b[name][i]));
