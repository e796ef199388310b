// The engine in the page: what it answers, with a clock of our own.
import assert from 'node:assert/strict';
import test from 'node:test';

const WEB = '../../../src/mixtura/studio/web/';
const {pageEngine} = await import(`${WEB}engine.js`);
const {byColumns} = await import(`${WEB}expect.js`);
const {climbFrom, climbed} = await import(`${WEB}em.js`);
const {startOf} = await import(`${WEB}starts.js`);
const {messageFromParts, messageToParts} = await import(`${WEB}wire.js`);
const {readModel} = await import(`${WEB}modelfile.js`);

const MOONS = Float64Array.from({length: 400}, (_, i) => {
  const p = i >> 1, turn = (Math.PI * (p >> 1)) / 99, jitter = 0.06 * Math.sin(77 * i);
  if (p % 2) return (i % 2 ? Math.sin(turn) : Math.cos(turn)) + jitter;
  return (i % 2 ? 0.5 - Math.sin(turn) : 1 - Math.cos(turn)) + jitter;
});
const FIT = {type: 'fit', k: 4, covariance_type: 'full', start: 'kmeans', seed: 3, tol: 1e-6, max_iter: 60, prior: 0,
  polish: false, paused: false};

/** An engine, the messages that it said, `say` to tell it one, and `run` until it has nothing to do or `until` is true. */
function begun(given = {}) {
  const said = [], waiting = [];
  let time = 0, seq = 0;
  const clock = {now: () => (time += 1), later: (run, ms) => { waiting.push({run, at: time + ms}); return 1; }};
  const engine = pageEngine((message) => {
    const {head, buffers} = messageToParts(message); // each message goes through the table
    said.push(messageFromParts(head, buffers, 'engine'));
  }, given, clock);
  const say = ({type, ...fields}, arrays = {}) => {
    const {head, buffers} = messageToParts({type, seq: ++seq, ...fields, arrays});
    engine(messageFromParts(head, buffers, 'page'));
    return seq;
  };
  const run = (until = () => false) => {
    while (waiting.length && !until()) {
      const {run: next, at} = waiting.shift();
      time = Math.max(time, at);
      next();
    }
  };
  const of = (type) => said.filter((message) => message.type === type);
  return {said, say, run, of};
}

function opened(points = MOONS) {
  const engine = begun();
  const message = {type: 'open', kind: 'points', name: 'drawn points', mode: null, threshold: null, columns: null};
  engine.say(message, {points: {data: points, shape: [points.length / 2, 2]}});
  return engine;
}

const file = (text, name = 'table.csv', columns = null) => [
  {type: 'open', kind: 'table', name, mode: null, threshold: null, columns}, {bytes: new TextEncoder().encode(text)}];

test('it welcomes, and shows what came with the page once', () => {
  const head = {kind: 'table', name: 'moons.csv', columns: ['x', 'y'], n: 200};
  const samples = [{name: 'dots', title: 'Dots', kind: 'points', columns: ['x', 'y'], points: MOONS}];
  const {say, of} = begun({opened: {head, arrays: {points: MOONS}}, samples});
  const seq = say({type: 'hello', nonce: '', session: null});
  assert.equal(of('welcome')[0].re, seq);
  assert.equal(of('welcome')[0].engine, 'worker');
  assert.deepEqual(of('welcome')[0].samples, [{name: 'dots', title: 'Dots', kind: 'points'}]);
  assert.deepEqual(of('opened').map(({re, name, n}) => [re, name, n]), [[null, 'moons.csv', 200]]);
  say({type: 'hello', nonce: '', session: null});
  assert.equal(of('opened').length, 1);
  const again = say({type: 'open', kind: 'sample', name: 'dots', mode: null, threshold: null, columns: null});
  assert.deepEqual([of('opened')[1].re, of('opened')[1].arrays.points.length], [again, 400]);
});

test('a fit says each step and its end, which are those of a climb', () => {
  const {say, run, of} = opened();
  say({...FIT, job: 1});
  run();
  let climb = climbFrom(byColumns(MOONS, 2), startOf(byColumns(MOONS, 2), 4, {kind: 'full', start: 'kmeans', seed: 3}),
    {kind: 'full', tol: 1e-6, limit: 60});
  const steps = of('step');
  for (const step of steps) {
    assert.equal(step.iteration, climb.iteration);
    assert.equal(step.objective, climb.objective);
    assert.deepEqual(step.arrays.factors, climb.parts.factors);
    if (climb.reason === null) climb = climbed(climb);
  }
  const [done] = of('done');
  assert.deepEqual([done.job, done.reason, done.iteration], [1, climb.reason, climb.iteration]);
  assert.deepEqual(done.arrays.means, climb.parts.means);
  assert.ok(done.bic < done.icl);
});

test('it pauses, goes one step, goes on and stops', () => {
  const {say, run, of, said} = opened();
  say({...FIT, job: 7, paused: true});
  run();
  assert.deepEqual(said.slice(1).map(({type}) => type), ['step', 'paused']);
  say({type: 'step', job: 7, count: 2});
  run();
  assert.deepEqual(said.slice(3).map(({type, iteration}) => [type, iteration]), [['step', 1], ['step', 2], ['paused', undefined]]);
  say({type: 'resume', job: 7});
  run(() => of('step').length === 6);
  say({type: 'pause', job: 7});
  run();
  assert.equal(said.at(-1).type, 'paused');
  const there = of('step').at(-1).iteration;
  say({type: 'stop', job: 8});
  assert.equal(of('done').length, 0, 'another job is not stopped');
  const seq = say({type: 'stop', job: 7});
  assert.deepEqual([said.at(-1).reason, said.at(-1).re, said.at(-1).iteration, said.at(-1).bic], ['stopped', seq, there, null]);
  run();
  assert.equal(said.at(-1).type, 'done');
});

test('a fit goes on from parts, of another number, and keeps what is pinned', () => {
  const {say, run, of} = opened();
  say({...FIT, job: 1, max_iter: 5, tol: 0});
  run();
  const {weights, means, factors} = of('done')[0].arrays;
  const arrays = {weights: {data: weights, shape: [4]}, means: {data: means, shape: [4, 2]},
    factors: {data: factors, shape: [4, 2, 2]}, pins: Uint8Array.of(3, 0, 0, 0)};
  say({...FIT, job: 2, k: 6, max_iter: 5, tol: 0}, arrays);
  run();
  const done = of('done')[1];
  assert.equal(done.arrays.weights.length, 6);
  assert.deepEqual(done.arrays.means.slice(0, 2), means.slice(0, 2));
  assert.deepEqual(done.arrays.factors.slice(0, 4), factors.slice(0, 4));
  say({...FIT, job: 3, k: 2, max_iter: 0}, arrays);
  run();
  assert.deepEqual(of('done')[2].arrays.means.slice(0, 2), means.slice(0, 2), 'pinned ones are not merged');
});

test('a new fit ends the one before it, and every K is compared between', () => {
  const {say, run, of} = opened();
  say({...FIT, job: 1, tol: 0});
  run(() => of('step').length === 3);
  say({type: 'score', job: 2, from: 1, to: 5, covariance_type: 'diag', seed: 0, criterion: 'bic'});
  say({...FIT, job: 3, tol: 1e-2});
  run();
  assert.deepEqual(of('done').map(({job, reason}) => [job, reason]), [[1, 'stopped'], [3, 'converged']]);
  assert.deepEqual(of('score').map(({k}) => k), [1, 2, 3, 4, 5]);
  assert.ok(of('score').every(({bic, icl, aic}) => icl >= bic && Number.isFinite(aic)));
  assert.deepEqual(of('scored').map(({job}) => job), [2]);
});

test('tables are read, their columns chosen, and gaps refused with a sentence', () => {
  const {say, run, of} = begun();
  say(...file('\ufeffname;height;"two\nlines";gap\n"a ""b""; c";1.5;2e1;\nb;-.5;"3";4\n\nc;7;8;NA\n'));
  const [message] = of('opened');
  assert.deepEqual(message.all_columns, ['name', 'height', 'two\nlines', 'gap']);
  assert.deepEqual(message.types, ['text', 'number', 'number', 'gaps']);
  assert.deepEqual(message.columns, ['height', 'two\nlines', 'gap']);
  assert.deepEqual([...message.arrays.points], [1.5, 20, NaN, -0.5, 3, 4, 7, 8, NaN]);
  say({...FIT, job: 1, k: 1});
  assert.match(of('failed')[0].sentence, /Column gap has gaps/);
  say({type: 'open', kind: 'table', name: 'table.csv', mode: null, threshold: null, columns: ['height']});
  assert.deepEqual([...of('opened')[1].arrays.points], [1.5, -0.5, 7]);
  say({...FIT, job: 2, k: 1});
  run();
  assert.equal(of('done').length, 1);
});

const WRONG = {
  'is empty': file(''),
  'holds no rows': file('a,b\n'),
  'Line 3 of table.csv has 3 fields': file('a,b\n1,2\n1,2,3\n'),
  'no column of numbers': file('a,b\nx,y\n'),
  'no column called z': file('a,b\n1,2\n', 'table.csv', ['z']),
  'holds “1,5” in line 3': file('a;b\n2;3\n1,5;2\n', 'table.csv', ['a']),
  'no text in UTF-8': [file('')[0], {bytes: Uint8Array.of(0x61, 0xff, 0x0a)}],
  'a number that is too large': file('a\n1e999\n'),
  'of a kind that this page does not read': file('PAR1', 'table.parquet'),
  'no room for pictures': [{...file('')[0], kind: 'picture'}, {bytes: new Uint8Array(9)}],
  'not a model file': [{...file('')[0], kind: 'model', name: 'm.mix'}, {bytes: new Uint8Array(99)}],
  'no sample called nothing': [{...file('')[0], kind: 'sample', name: 'nothing'}, {}],
  'Nothing came with this': [file('')[0], {}],
};
for (const [sentence, [message, arrays]] of Object.entries(WRONG)) {
  test(`refused: ${sentence}`, () => {
    const {say, of, said} = begun();
    const seq = say(message, arrays);
    assert.equal(said.length, 1);
    assert.equal(of('failed')[0].re, seq);
    assert.ok(of('failed')[0].sentence.includes(sentence), of('failed')[0].sentence);
    assert.ok(of('failed')[0].remedy.length > 5);
  });
}

test('what cannot be fitted is refused, and what is open stays', () => {
  const {say, run, of} = opened(Float64Array.of(0, 0, 1e9, 2e9, 2e9, 4e9, 3e9, 6e9));
  say({...FIT, job: 1, k: 5});
  say({...FIT, job: 2, k: 2, covariance_type: 'tied', start: 'random_from_data', tol: 0});
  say({...FIT, job: 3, k: 1});
  run();
  const sentences = of('failed').map(({job, sentence}) => [job, sentence]);
  assert.match(sentences[0][1], /4 points for 5 components/);
  for (const [, sentence] of sentences.slice(1)) assert.match(sentence, /lie on a point or a line/);
  assert.deepEqual(sentences.map(([job]) => job), [1, 2, 3]);
  say({...FIT, job: 4, k: 1, prior: 1});
  run();
  assert.equal(of('failed').length + of('done').length, 4);
});

test('labels and models are taken away', () => {
  const {say, run, of} = opened();
  say({...FIT, job: 1, covariance_type: 'diag'});
  run();
  const [done] = of('done'), {weights, means, factors} = done.arrays;
  const look = {style: 'contour', tone: null, colours: null, ink: null, paper: null, sharpen: 1, count: null, dots: null,
    radius: null, seed: 0};
  const parts = {weights, means: {data: means, shape: [4, 2]}, factors: {data: factors, shape: [4, 2, 2]}};
  const ask = {type: 'take', name: 'moons', width: null, look, axes: [0, 1], names: ['a', null, null, 'é'], keep: {style: 'contour'}};
  say({...ask, kind: 'csv'}, parts);
  say({...ask, kind: 'mix'}, {...parts, hidden: Uint8Array.of(0, 1, 0, 0)});
  say({...ask, kind: 'png'}, parts);
  const [labels, model] = of('taken').map(({name, arrays}) => [name, arrays.bytes]);
  assert.equal(labels[0], 'moons-labels.csv');
  assert.match(new TextDecoder().decode(labels[1]), /^component\n([0-3]\n){200}$/);
  assert.equal(model[0], 'moons.mix');
  const found = readModel(model[1], 'moons.mix');
  assert.deepEqual([found.kind, found.columns, found.parts.weights], ['diag', ['x', 'y'], weights]);
  assert.deepEqual(found.notes.studio, {names: ['a', null, null, 'é'], look: {style: 'contour'}, hidden: [0, 1, 0, 0]});
  assert.match(of('failed')[0].sentence, /does not write .png/);
  say({type: 'open', kind: 'model', name: 'moons.mix', mode: null, threshold: null, columns: null}, {bytes: model[1]});
  assert.deepEqual(of('opened')[1].names, ['a', null, null, 'é']);
});
