// Messages between the page and whoever answers it: the table of mixtura/studio/messages.py, and frames both ways.
//
// A message is {type, seq, re, ...fields, arrays: {name: typed array}, shapes: {name: [numbers]}}. To send one, arrays
// may be typed arrays alone, where the table and the others tell their shape, or {data, shape}.

export const LIMITS = {
  head: 1 << 19, frame: (64 << 20) + (1 << 20), bytes: 64 << 20, pixels: 25_000_000, rows: 5_000_000, columns: 1000,
  sample: 100_000, k: 50_000, d: 64, candidates: 30, take: 100_000_000, side: 30_000,
};

export const TABLE = (() => {
  const text = (most) => ({kind: 'text', most});
  const choice = (...of) => ({kind: 'choice', of});
  const integer = (least, most) => ({kind: 'integer', least, most});
  const number = (least, most) => ({kind: 'number', least, most});
  const flag = () => ({kind: 'flag'});
  const each = (of, most, least = 0) => ({kind: 'each', of, least, most});
  const record = (fields) => ({kind: 'record', fields});
  const note = (most) => ({kind: 'note', most});
  const maybe = (of) => ({...of, null: true}), spare = (of) => ({...of, spare: true});
  const array = (dtype, ...shape) => ({dtype, shape, gaps: false, spare: false});
  const gaps = (of) => ({...of, gaps: true});
  const message = (fields = {}, arrays = {}) => ({fields, arrays});

  const job = integer(0, 2 ** 31 - 1), seed = integer(0, 2 ** 32 - 1), likelihood = number(-1e300, 1e300);
  const count = integer(1, LIMITS.k), iteration = integer(0, 2 ** 31);
  const names = each(maybe(text(200)), LIMITS.k);
  const look = note(16_384), bits = spare(array('u1', 'k'));
  const family = choice('full', 'tied', 'diag', 'spherical');
  const parts = {weights: array('f8', 'k'), means: array('f8', 'k', 'd'), factors: array('f8', 'k', 'd', 'd')};
  const spareParts = {weights: spare(parts.weights), means: spare(parts.means), factors: spare(parts.factors)};
  const criteria = {bic: maybe(likelihood), icl: maybe(likelihood), aic: maybe(likelihood)}, agreement = spare(maybe(likelihood));
  const fit = {
    k: count, covariance_type: family,
    start: choice('kmeans', 'kmeans++', 'random_from_data', 'partition', 'hierarchical', 'random'),
    seed, tol: number(0, 1e6), max_iter: integer(0, 100_000), prior: number(0, 1e6), polish: flag(),
  };
  const drawing = {
    style: choice('mean', 'grid', 'contour', 'dots', 'ellipses'), tone: maybe(text(2000)), colours: maybe(text(40)),
    ink: maybe(text(40)), paper: maybe(text(40)), sharpen: number(0.01, 100), count: maybe(count),
    dots: maybe(integer(1, 2_000_000)), radius: maybe(number(0.01, 1000)), seed,
  };

  const page = {
    hello: message({nonce: text(64), session: maybe(text(64))}), prove: message({proof: text(64)}),
    open: message({  // without bytes or points: the file that was opened last, once more
      kind: choice('picture', 'table', 'model', 'sample', 'points'), name: text(200), mode: maybe(choice('ink', 'colour')),
      threshold: maybe(number(0, 255)), columns: maybe(each(text(200), LIMITS.d)),
    }, {bytes: spare(array('u1', 'b')), points: spare(gaps(array('f8', 'n', 'd')))}),
    fit: message({job, ...fit, paused: flag()}, {...spareParts, pins: bits}),
    pause: message({job}),
    resume: message({job}),
    step: message({job, count: integer(1, 1000)}),
    stop: message({job}),
    score: message({job, from: count, to: count, covariance_type: family, seed, criterion: choice('bic', 'stability')}),
    edit: message({revision: integer(0, 2 ** 53 - 1)}, {...parts, pins: bits, selection: spare(array('u4', 's'))}),
    take: message({
      kind: choice('png', 'svg', 'html', 'webp', 'mix', 'gmx', 'csv'), name: spare(text(200)),
      width: maybe(integer(1, LIMITS.side)), look: record(drawing), axes: each(integer(0, LIMITS.d - 1), 2, 1),
      names: spare(names), colours: spare(names), keep: spare(look),
    }, {...parts, pins: bits, hidden: bits}),
  };
  const engine = {
    challenge: message({nonce: text(64), proof: text(64)}),
    welcome: message({
      session: text(64), engine: choice('server', 'widget', 'worker'), can: each(text(40), 100),
      samples: each(record({name: text(40), title: text(200), kind: text(40)}), 40), limits: note(2000),
      source: maybe(text(64)), first: spare(flag()), job: maybe(job),
    }),
    opened: message({
      id: text(64), kind: choice('ink', 'colour', 'table', 'points', 'model'), name: text(200),
      columns: each(text(200), LIMITS.d), types: each(text(40), LIMITS.columns),
      all_columns: each(text(200), LIMITS.columns), n: integer(0, 2 ** 53 - 1), mode: maybe(choice('ink', 'colour')),
      threshold: maybe(number(0, 255)), frame: maybe(each(number(-1e9, 1e9), 4, 4)),
      width: maybe(integer(1, 2 ** 31 - 1)), height: maybe(integer(1, 2 ** 31 - 1)),
      covariance_type: spare(maybe(text(20))), names: spare(names), colours: spare(names), keep: spare(look),  // of models
    }, {points: gaps(array('f8', 'n', 'd')), picture: spare(array('u1', 'b')), ...spareParts, pins: bits, hidden: bits}),
    step: message({job, iteration, objective: likelihood, gain: likelihood, stage: spare(integer(0, 1000))}, parts),
    done: message({
      job, reason: choice('converged', 'limit', 'stopped'), iteration, objective: maybe(likelihood), ...criteria,
      psnr: spare(maybe(likelihood)),
    }, spareParts),
    paused: message({job}),
    edited: message({revision: integer(0, 2 ** 53 - 1)}),
    score: message({job, k: count, ...criteria, stability: agreement, spread: agreement, why: spare(text(500))}),
    scored: message({job}),
    taken: message({name: text(300), mime: text(100)}, {bytes: array('u1', 'b')}),
    failed: message({job: maybe(job), sentence: text(2000), remedy: text(2000)}),
  };
  return {version: 1, limits: LIMITS, page, engine};
})();

const ARRAY_KINDS = {f8: Float64Array, f4: Float32Array, u4: Uint32Array, i4: Int32Array, u1: Uint8Array};
const KIND_OF_ARRAY = new Map(Object.entries(ARRAY_KINDS).map(([name, kind]) => [kind, name]));

// A message that is not in the table. seq: its number, where that could be read.
export class MessageError extends Error {
  constructor(sentence, head = null) {
    super(sentence);
    this.seq = Number.isSafeInteger(head?.seq) && head.seq >= 0 ? head.seq : null;
  }
}

// The frame of a message, as an ArrayBuffer.
export function encodeFrame(message) {
  const {head, buffers} = messageToParts(message);
  const written = new TextEncoder().encode(JSON.stringify(head));
  const starts = [toEight(4 + written.length)];
  for (const buffer of buffers) starts.push(starts.at(-1) + toEight(buffer.byteLength));
  const frame = new Uint8Array(starts.at(-1));
  new DataView(frame.buffer).setUint32(0, written.length, true);
  frame.set(written, 4);
  buffers.forEach((buffer, i) => frame.set(bytesOf(buffer), starts[i]));
  return frame.buffer;
}

// The message in a frame. Throws a MessageError for what is not in the table.
export function decodeFrame(frame, sender = 'engine') {
  if (frame.byteLength > LIMITS.frame) {
    throw new MessageError(`the message has ${withCommas(frame.byteLength)} bytes, the limit is ${withCommas(LIMITS.frame)}.`);
  }
  const length = frame.byteLength < 8 ? Infinity : new DataView(frame).getUint32(0, true);
  if (length > Math.min(LIMITS.head, frame.byteLength - 4)) {
    throw new MessageError('the message is no frame: its head is missing, or longer than it may be.');
  }
  let head;
  try {
    head = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(new Uint8Array(frame, 4, length)));
  } catch {
    throw new MessageError('the head of the message is no JSON.');
  }
  let place = toEight(4 + length);
  const buffers = [];
  for (const size of arraySizes(head)) {
    buffers.push(frame.slice(place, place + size));
    place += toEight(size);
  }
  if (place !== frame.byteLength) {
    const found = withCommas(frame.byteLength);
    throw new MessageError(`the message has ${found} bytes, which are not those of its arrays.`, head);
  }
  return messageFromParts(head, buffers, sender);
}

// The head and the typed arrays of a message, as a widget sends them.
export function messageToParts({type, seq = 0, re = null, arrays = {}, shapes = {}, ...fields}) {
  const specs = (TABLE.page[type] ?? TABLE.engine[type]).arrays;
  const given = Object.entries(arrays).filter(([, value]) => value !== null && value !== undefined);
  const datas = given.map(([name, value]) => [name, value.data ?? value, value.shape ?? shapes[name]]);
  const letters = {};
  for (const [name, data, shape] of datas) {
    const letter = (specs[name] ?? TABLE.engine[type].arrays[name]).shape;
    if (shape) letter.forEach((one, i) => { letters[one] = shape[i]; });
    else if (letter.length === 1) letters[letter[0]] = data.length;
  }
  const listed = datas.map(([name, data, shape]) => {
    const letter = (specs[name] ?? TABLE.engine[type].arrays[name]).shape;
    if (letter.includes('d') && letters.d === undefined) letters.d = data.length / letters[letter[0]];
    return [name, KIND_OF_ARRAY.get(data.constructor), shape ?? letter.map((one) => letters[one])];
  });
  const head = {v: TABLE.version, type, seq, ...fields, arrays: listed};
  if (re !== null) head.re = re;
  return {head, buffers: datas.map(([, data]) => data)};
}

// The message of a head and its buffers (ArrayBuffers or views of them). Throws a MessageError.
export function messageFromParts(head, buffers, sender = 'engine') {
  if (!isRecord(head)) throw new MessageError('the head of the message is no object.');
  const wrong = (sentence) => { throw new MessageError(sentence, head); };
  if (head.v !== TABLE.version) wrong(`the message is not of version ${TABLE.version}: load the page again.`);
  const type = head.type;
  const spec = typeof type === 'string' && Object.hasOwn(TABLE[sender], type) ? TABLE[sender][type] : null;
  if (!spec) wrong('the message is of no known type.');
  const whole = {kind: 'integer', least: 0, most: Number.MAX_SAFE_INTEGER};
  const fields = {seq: whole, re: {...whole, null: true, spare: true}, ...spec.fields};
  const given = Object.fromEntries(Object.entries(head).filter(([name]) => !['v', 'type', 'arrays'].includes(name)));
  const sentence = recordFault(given, fields, type);
  if (sentence) wrong(sentence);

  const sizes = arraySizes(head);
  if (buffers.length !== sizes.length) wrong(`${type} lists ${sizes.length} arrays and brings ${buffers.length}.`);
  const arrays = {}, shapes = {}, letters = {};
  (head.arrays ?? []).forEach(([name, dtype, shape], i) => {
    const where = `${type}.${legibleName(name)}`;
    const of = Object.hasOwn(spec.arrays, name) ? spec.arrays[name] : null;
    if (!of || Object.hasOwn(arrays, name)) wrong(`${where} is no array of such a message, or there twice.`);
    const fits = dtype === of.dtype && shape.length === of.shape.length
      && of.shape.every((letter, axis) => (letters[letter] ??= shape[axis]) === shape[axis]);
    if (!fits) wrong(`${where} has not the kind or the shape that it should have.`);
    const found = buffers[i].byteLength;
    if (found !== sizes[i]) wrong(`${where} has ${withCommas(found)} bytes, its shape asks for ${withCommas(sizes[i])}.`);
    const values = typedArray(dtype, buffers[i]);
    const bad = of.gaps ? (v) => v === Infinity || v === -Infinity : (v) => !Number.isFinite(v);
    if (dtype[0] === 'f' && values.some(bad)) wrong(`${where} holds a number that is not finite.`);
    arrays[name] = values;
    shapes[name] = shape;
  });
  const missing = Object.keys(spec.arrays).find((name) => !arrays[name] && !spec.arrays[name].spare);
  if (missing) wrong(`${type} lacks the array ${missing}.`);
  const some = ['weights', 'means', 'factors'].filter((name) => arrays[name]).length;
  if (some % 3) wrong(`${type} brings a part of a mixture: give weights, means and factors.`);
  for (const letter of ['k', 'd']) {
    const found = letters[letter] ?? 1;
    if (found < 1 || found > LIMITS[letter]) {
      wrong(`${type} has ${letter} = ${withCommas(found)}, from 1 to ${withCommas(LIMITS[letter])} are allowed.`);
    }
  }
  return {...given, type, seq: head.seq, re: head.re ?? null, arrays, shapes};
}

// The Parts that a message brings, or null.
export function partsIn({arrays, shapes}) {
  if (!arrays.weights) return null;
  const [k, d] = shapes.means;
  return {k, d, weights: arrays.weights, means: arrays.means, factors: arrays.factors};
}

// The arrays of Parts for a message.
export function partArrays({k, d, weights, means, factors}) {
  return {weights, means: {data: means, shape: [k, d]}, factors: {data: factors, shape: [k, d, d]}};
}

function arraySizes(head) {
  if (!isRecord(head)) throw new MessageError('the head of the message is no object.');
  const listed = head.arrays ?? [];
  const wrong = (sentence) => { throw new MessageError(sentence, head); };
  if (!Array.isArray(listed) || listed.length > 16) wrong('arrays is no list of up to 16 arrays.');
  return listed.map((each) => {
    const fits = Array.isArray(each) && each.length === 3 && typeof each[0] === 'string'
      && typeof each[1] === 'string' && Object.hasOwn(ARRAY_KINDS, each[1]);
    if (!fits) wrong('arrays holds what is no [name, dtype, shape].');
    const shape = each[2];
    const numbers = Array.isArray(shape) && shape.length <= 3
      && shape.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 31);
    if (!numbers) wrong('arrays holds a shape that is none.');
    return shape.reduce((product, n) => product * n, 1) * Number(each[1][1]);
  });
}

// What is wrong with a value, as a sentence, or null.
function valueFault(value, spec, where) {
  if (value === null) return spec.null ? null : `${where} is null.`;
  const within = (n) => n >= spec.least && n <= spec.most;
  switch (spec.kind) {
    case 'text':
      return typeof value === 'string' && value.length <= 2 * spec.most && [...value].length <= spec.most
        && !/\p{Surrogate}/u.test(value) ? null : `${where} is no text of up to ${spec.most} characters.`;
    case 'choice':
      return spec.of.includes(value) ? null : `${where} is none of ${spec.of.join(', ')}.`;
    case 'integer':
      return Number.isInteger(value) && within(value) ? null
        : `${where} is no whole number from ${spec.least} to ${spec.most}.`;
    case 'number':
      return Number.isFinite(value) && within(value) ? null : `${where} is no number within its limits.`;
    case 'flag':
      return typeof value === 'boolean' ? null : `${where} is neither true nor false.`;
    case 'each': {
      if (!Array.isArray(value) || !within(value.length)) {
        return `${where} is no list of ${spec.least} to ${spec.most} values.`;
      }
      for (let i = 0; i < value.length; i += 1) {
        const fault = valueFault(value[i], spec.of, `${where}[${i}]`);
        if (fault) return fault;
      }
      return null;
    }
    case 'record':
      return recordFault(value, spec.fields, where);
    default:
      return isRecord(value) && JSON.stringify(value).length <= 2 * spec.most
        && [...JSON.stringify(value)].length <= spec.most ? null
        : `${where} is no object of up to ${spec.most} characters.`;
  }
}

function recordFault(value, fields, where) {
  if (!isRecord(value)) return `${where} is no object.`;
  const strange = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (strange !== undefined) return `${where}.${legibleName(strange)} is no field of it.`;
  const missing = Object.keys(fields).find((name) => !Object.hasOwn(value, name) && !fields[name].spare);
  if (missing) return `${where} lacks ${missing}.`;
  for (const [name, one] of Object.entries(value)) {
    const fault = valueFault(one, fields[name], `${where}.${name}`);
    if (fault) return fault;
  }
  return null;
}

function typedArray(dtype, bytes) {
  const Kind = ARRAY_KINDS[dtype];
  const copied = ArrayBuffer.isView(bytes)
    ? bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) : bytes;
  return new Kind(copied);
}

const isRecord = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const toEight = (length) => length + ((8 - (length % 8)) % 8);
const withCommas = (n) => n.toLocaleString('en');
const legibleName = (name) => [...name].slice(0, 40).join('').replace(/[^\x00-\x7f]/gu, '?');
const bytesOf = (array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
