// Model files (.mix) in the page: safetensors with a header of strings, as Python's model/storage.py writes them.
import {gram, chol} from './matrices.js';
import {Refusal} from './csv.js';

/** The bytes of a model file. kind: the family; columns: names, or null; notes: what JSON can hold. */
export function writeModel(parts, kind, columns, notes) {
  const {k, d, weights, means} = parts, covariances = covariancesOf(parts, kind);
  const shapes = {full: [k, d, d], tied: [d, d], diag: [k, d], spherical: [k]};
  const tensors = [['covariances', covariances, shapes[kind]], ['means', means, [k, d]], ['weights', weights, [k]]];
  const header = {__metadata__: {covariance_type: kind, format: 'mixtura', names: pythonJson(columns), notes: pythonJson(notes),
    version: '1'}};
  let at = 0;
  for (const [name, values, shape] of tensors) {
    header[name] = {data_offsets: [at, at += values.byteLength], dtype: 'F64', shape};
  }
  const head = new TextEncoder().encode(JSON.stringify(header)), room = head.length + ((8 - (head.length % 8)) % 8);
  const bytes = new Uint8Array(8 + room + at).fill(32, 8, 8 + room), view = new DataView(bytes.buffer);
  view.setUint32(0, room, true);
  view.setUint32(4, 0, true);
  bytes.set(head, 8);
  at = 8 + room;
  for (const [, values] of tensors) {
    for (const value of values) {
      view.setFloat64(at, value, true);
      at += 8;
    }
  }
  return bytes;
}

/** How many bytes a model file has, about: float64s of its family, and a header. */
export function bytesOfModel({k, d}, kind) {
  const shapes = {full: k * d * d, tied: d * d, diag: k * d, spherical: k};
  return 700 + 8 * (k + k * d + (shapes[kind] ?? k * d * d));
}

/** A document as the bytes of a model file, with what people added to its parts. */
export function modelOfDocument({parts, source, pins, hidden, names, colours, look}) {
  const notes = {studio: {names, colours, look, pins: [...pins], hidden: [...hidden]}};
  if (source.frame) Object.assign(notes, {frame: [...source.frame], kind: source.d === 5 ? 'colour' : 'ink'});
  return writeModel(parts, 'full', source.columns, notes);
}

function covariancesOf({k, d, factors}, kind) {
  const each = Array.from({length: k}, (_, i) => gram(factors.subarray(i * d * d, (i + 1) * d * d), d));
  if (kind === 'tied') return each[0];
  if (kind === 'spherical') return Float64Array.from(each, (matrix) => matrix[0]);
  return Float64Array.from(each.flatMap((matrix) => {
    const numbers = Array.from(matrix);
    return kind === 'diag' ? numbers.filter((_, c) => c % (d + 1) === 0) : numbers;
  }));
}

/** JSON as Python's json.dumps spaces and escapes it. */
function pythonJson(value) {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value).map(([key, each]) => `${pythonJson(key)}: ${pythonJson(each)}`).join(', ')}}`;
  }
  const text = JSON.stringify(value);
  return text.replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** {parts, kind, columns (or null), notes} of the bytes of a model file. */
export function readModel(bytes, name) {
  const damaged = () => new Refusal(`${name} is not a model file, or it is damaged.`, 'Give a .mix that Mixtura wrote.');
  let header, at;
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), room = Number(view.getBigUint64(0, true));
    at = 8 + room;
    header = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(bytes.subarray(8, at)));
  } catch {
    throw damaged();
  }
  const told = header.__metadata__ ?? {}, kind = told.covariance_type;
  if (told.format !== 'mixtura') throw damaged();
  if (!['full', 'tied', 'diag', 'spherical'].includes(kind)) {
    throw new Refusal(`${name} has covariances of the family ${String(kind).slice(0, 20)}, which this page does not know.`,
      'Open it with mixtura studio.');
  }
  const tensor = (what) => {
    const {dtype, data_offsets: [first, last]} = header[what];
    if (dtype !== 'F64' || !(first >= 0 && last <= bytes.length - at)) throw damaged();
    return new Float64Array(bytes.slice(at + first, at + last).buffer);
  };
  try {
    const [k, d] = header.means.shape, weights = tensor('weights'), means = tensor('means');
    const factors = factorsOf(tensor('covariances'), kind, k, d);
    const sound = weights.length === k && means.length === k * d && [...weights, ...means].every(Number.isFinite);
    if (!sound || factors === null) throw damaged();
    return {parts: {k, d, weights, means, factors}, kind, columns: JSON.parse(told.names), notes: JSON.parse(told.notes)};
  } catch (error) {
    throw error instanceof Refusal ? error : damaged();
  }
}

/** The factors (k d d) of covariances in the shape of their family; null where they are none. */
function factorsOf(covariances, kind, k, d) {
  const square = d * d, factors = new Float64Array(k * square);
  if (covariances.length !== {full: k * square, tied: square, diag: k * d, spherical: k}[kind]) return null;
  for (let i = 0; i < k; i++) {
    if (kind === 'full' || kind === 'tied') {
      const factor = chol(kind === 'tied' ? covariances : covariances.subarray(i * square, (i + 1) * square), d);
      if (factor === null) return null;
      factors.set(factor, i * square);
      continue;
    }
    for (let a = 0; a < d; a++) {
      const variance = covariances[kind === 'diag' ? i * d + a : i];
      if (!(variance > 0)) return null;
      factors[(i * d + a) * d + a] = Math.sqrt(variance);
    }
  }
  return factors;
}
