// A pasted line of the command, the inverse of Copy: its settings go to the document that is open, all of them or none.

import { stylesOf, withHow } from './document.js';
import { setCount } from './edits.js';
import { counted } from './format.js';
import { paletteNames } from './palettes.js';
import { parseTone } from './tones.js';

/** What is wrong with a line, as a sentence. */
export class PastedError extends Error {}

const refused = (option, value, wanted) => new PastedError(`${option} is ${value}: give ${wanted}.`);

// What an option takes: {read(text) -> value, or null where it is none, wanted: in words}.
const PASTED_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const numberIn = (low, high, fits = () => true) => (text) => (PASTED_NUMBER.test(text) && fits(Number(text)) && Number(text) >= low && Number(text) <= high ? Number(text) : null);
const whole = (low, high) => ({ read: numberIn(low, high, Number.isInteger), wanted: `a whole number from ${counted(low)} to ${counted(high)}` });
const real = (low, high) => ({ read: numberIn(low, high), wanted: `a number from ${low} to ${counted(high)}` });
const pastedChoice = (...names) => ({ read: (text) => (names.includes(text) ? text : null), wanted: `${names.slice(0, -1).join(', ')} or ${names.at(-1)}` });
const palette = { read: (text) => (paletteNames.includes(text.replace(/-r$/, '')) ? text : null), wanted: `${paletteNames.slice(0, -1).join(', ')} or ${paletteNames.at(-1)}, with -r to turn it round` };
const curve = { read: parseTone, wanted: 'linear, gamma:0.7, or points from light to dark such as 0:255,0.25:0,1:0' };
const hex = {
  read(text) {
    const code = text.toLowerCase();
    if (/^#[0-9a-f]{3}$/.test(code)) return code.replace(/[0-9a-f]/g, '$&$&');
    return /^#[0-9a-f]{6}$/.test(code) ? code : null;
  },
  wanted: 'a colour such as #1f3fbf',
};
const numbers = { read: (text) => (/^\d+(,\d+)*$/.test(text) ? text.split(',').map(Number) : null), wanted: 'numbers of components such as 3,7' };
const pixels = { read: (text) => (/^\d+(x\d+)?$/.test(text) ? Number(text.split('x')[0]) : null), wanted: 'a size such as 2160x1440' };

const MOST_COMPONENTS = 50_000;
const COUNT_WORD = { place: ['fit', 'k'], ...whole(1, MOST_COMPONENTS) };
const PASTED_WORDS = {
  '-k': COUNT_WORD, '--components': COUNT_WORD,
  '--covariance': { place: ['fit', 'covariance_type'], ...pastedChoice('full', 'tied', 'diag', 'spherical') },
  '--start': { place: ['fit', 'start'], ...pastedChoice('kmeans', 'kmeans++', 'random_from_data', 'partition', 'hierarchical', 'random') },
  '--seed': { place: ['fit', 'seed'], ...whole(0, 2 ** 32 - 1) },
  '--tol': { place: ['fit', 'tol'], ...real(0, 1000) },
  '--max-iter': { place: ['fit', 'max_iter'], ...whole(0, 100_000) },
  '--style': { place: ['look', 'style'], ...pastedChoice('mean', 'grid', 'contour', 'dots', 'ellipses') },
  '--sharpen': { place: ['look', 'sharpen'], ...real(0.01, 100) },
  '--colours': { place: ['look', 'colours'], ...palette },
  '--ink': { place: ['look', 'ink'], ...hex }, '--paper': { place: ['look', 'paper'], ...hex },
  '--samples': { place: ['look', 'dots'], ...whole(1, 2_000_000) },
  '--radius': { place: ['look', 'radius'], ...real(0.01, 1000) },
  '--heaviest': { place: ['look', 'count'], ...whole(1, MOST_COMPONENTS) },
  '--tone': { place: ['shown', 'tone'], ...curve }, '--without': { place: ['shown', 'without'], ...numbers }, '--size': { place: ['shown', 'width'], ...pixels },
};
const PASTED_FLAGS = { '--prior': ['prior', 1], '--polish': ['polish', true], '--no-polish': ['polish', false] };
const PASSED_OVER = `-o --output --alpha --as --axes --budget --checkpoint --clusters --columns --data --effort --film --fixed --fps --frame --host --levels --mask
 --max-pixels --n-init --noise --noise-covariance --pens --plot --port --precision --psnr --reg-covar --rows --scheduler --seconds --sheet --threads --threshold
 --weight`.split(/\s+/);
const PASTED_COMMANDS = ['paint', 'fit', 'studio', 'show'];

/** Whether an option of the command has a value, which is no name of a file; many say nothing of what is open here. */
export function takesValue(option) {
  return Object.hasOwn(PASTED_WORDS, option) || PASSED_OVER.includes(option);
}

/** The words of a shell line: quotes and backslashes as a shell reads them, nothing else. */
export function shellWords(line) {
  return [...line.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/g)].map(([word]) => word
    .replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, single, double, escaped) => single ?? double?.replace(/\\(.)/g, '$1') ?? escaped));
}

/** An option and the value that hangs on it: --tol=3, -k3. */
function splitWord(word) {
  if (word.startsWith('--')) return word.split(/=(.*)/s);
  return word.length > 2 ? [word.slice(0, 2), word.slice(2)] : [word];
}

/**
 * {file, fit, look, shown} of a line such as `mixtura paint a.png -k 40 --style grid`, whose lines after && add to it; null
 * where it is no such line. A value that an option does not take is a `PastedError`.
 */
export function pastedCommand(text) {
  const found = { file: null, fit: {}, look: {}, shown: {} };
  for (const [at, line] of text.trim().split(/\s&&\s/).entries()) {
    const words = shellWords(line), ours = words[0] === 'mixtura' && PASTED_COMMANDS.includes(words[1]);
    if (!ours && at === 0) return null;
    if (ours) readWords(words.slice(2), found);
  }
  return found;
}

function readWords(words, found) {
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i], [option, inline] = splitWord(word), known = PASTED_WORDS[option];
    if (!word.startsWith('-')) {
      found.file ??= word;
      continue;
    }
    if (Object.hasOwn(PASTED_FLAGS, word)) found.fit[PASTED_FLAGS[word][0]] = PASTED_FLAGS[word][1];
    if (!takesValue(option)) continue;
    const value = inline ?? words[i += 1];
    if (value === undefined) throw new PastedError(`${option} is the last word of the line: give its value too.`);
    if (!known) continue;
    const { place: [where, name], read, wanted } = known, made = read(value);
    if (made === null) throw refused(option, value, wanted);
    found[where][name] = made;
  }
}

/** The document with the settings of a pasted line; a `PastedError` where it cannot have them. */
export function withPasted(document, { fit: { k = null, polish, ...fit }, look, shown: { tone = null, without = null, width = null } = {} }) {
  const { source } = document, styles = stylesOf(document), style = look.style ?? document.look.style, next = { ...look };
  if (!styles.includes(style)) throw refused('--style', style, `${styles.slice(0, -1).join(', ')} or ${styles.at(-1)}, which ${source.name} can be shown in`);
  if (tone && !document.look.tone[style]) throw new PastedError(`--tone bends the styles mean and grid: ${style} has no tone.`);
  if (tone) next.tone = { ...document.look.tone, [style]: tone };
  if (look.radius && width && source.frame) next.radius = Number((look.radius * (source.frame[2] - source.frame[0]) / width).toPrecision(6));
  const how = source.frame === null || polish === undefined ? fit : { ...fit, polish }, resized = k === null ? document : setCount(document, k);
  const made = withHow(resized, how), count = made.parts?.k ?? 0;
  if (next.count >= count && made.parts) next.count = null;
  if (without && made.parts && without.some((i) => i >= count)) throw refused('--without', without.join(','), `numbers below ${counted(count)}, of the components that there are`);
  const hidden = without && made.parts ? made.hidden.map((_, i) => Number(without.includes(i))) : made.hidden;
  return { ...made, hidden, look: { ...made.look, ...next } };
}
