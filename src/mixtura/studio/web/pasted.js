// A pasted line of the command, the inverse of Copy: its settings go to the document that is open, all of them or none.

import { stylesOf, withHow } from './document.js';
import { setCount } from './edits.js';
import { counted } from './format.js';
import { paletteNames } from './palettes.js';
import { parseTone } from './tones.js';

/** What is wrong with a line, as a sentence. */
export class PastedError extends Error {}

const listed = (names, last = 'and') => (names.length > 1 ? `${names.slice(0, -1).join(', ')} ${last} ${names.at(-1)}` : names[0]);
const refused = (option, value, wanted) => new PastedError(`${option} is ${value}: give ${wanted}.`);

// What an option takes: {read(text) -> value, or null where it is none, wanted: in words}.
const PASTED_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const numberIn = (low, high, fits = () => true) => (text) => (PASTED_NUMBER.test(text) && fits(Number(text)) && Number(text) >= low && Number(text) <= high ? Number(text) : null);
const whole = (low, high) => ({ read: numberIn(low, high, Number.isInteger), wanted: `a whole number from ${counted(low)} to ${counted(high)}` });
const real = (low, high) => ({ read: numberIn(low, high), wanted: `a number from ${low} to ${counted(high)}` });
const pastedChoice = (...names) => ({ read: (text) => (names.includes(text) ? text : null), wanted: `${listed(names, 'or')}` });
const palette = { read: (text) => (paletteNames.includes(text.replace(/-r$/, '')) ? text : null), wanted: `${listed(paletteNames, 'or')}, with -r to turn it round` };
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
  '--axes': { place: ['shown', 'axes'], read: (text) => text.split(',').map((name) => name.trim()), wanted: 'names of columns' },
};
const PASTED_FLAGS = { '--prior': ['prior', 1], '--polish': ['polish', true], '--no-polish': ['polish', false] };
const OF_FILES = { '--as': 'kind', '--threshold': 'threshold', '--columns': 'columns' };  // how what is open was read
// What changes nothing of what is shown: files that are written, how it is told, where it runs. The last have a value.
const OF_NO_MATTER = { plain: words('--browser --help --json --missing --modes --no-browser --no-plot --quiet --stream -h -q'),
  valued: words('--checkpoint --film --host --max-pixels --output --plot --port --rows --scheduler --threads -o') };
const NOT_HERE = { plain: words('--header --light --no-profile --preview --profile'),
  valued: words('--alpha --budget --clusters --data --effort --fixed --fps --frame --levels --mask --n-init --noise --noise-covariance --pens --precision --psnr --reg-covar --seconds --sheet --weight') };
const PASTED_COMMANDS = ['paint', 'fit', 'studio', 'show'];

function words(text) {
  return text.split(' ');
}

/** What the studio makes of an option of the command: taken, compared with what is open, of no matter, untaken, or unknown. */
export function pastedOption(option) {
  if (Object.hasOwn(PASTED_WORDS, option) || Object.hasOwn(PASTED_FLAGS, option)) return 'taken';
  if (Object.hasOwn(OF_FILES, option)) return 'compared';
  if ([...OF_NO_MATTER.plain, ...OF_NO_MATTER.valued].includes(option)) return 'of no matter';
  return [...NOT_HERE.plain, ...NOT_HERE.valued].includes(option) ? 'untaken' : 'unknown';
}

/** Whether an option of the command has a value, which is no name of a file. */
export function takesValue(option) {
  return Object.hasOwn(PASTED_WORDS, option) || Object.hasOwn(OF_FILES, option) || OF_NO_MATTER.valued.includes(option) || NOT_HERE.valued.includes(option);
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
 * {file, fit, look, shown, read, untaken} of a line such as `mixtura paint a.png -k 40 --style grid`, whose lines after && add
 * to it; null where it is no such line. read: how it reads its file. untaken: the options that the studio does not have. A
 * value that an option does not take is a `PastedError`, and so is an option that no command has.
 */
export function pastedCommand(text) {
  const found = { file: null, fit: {}, look: {}, shown: {}, read: {}, untaken: [] };
  for (const [at, line] of text.trim().split(/\s&&\s/).entries()) {
    const given = shellWords(line), ours = given[0] === 'mixtura' && PASTED_COMMANDS.includes(given[1]);
    if (!ours && at === 0) return null;
    if (ours) readWords(given.slice(2), found);
  }
  return found;
}

function readWords(given, found) {
  for (let i = 0; i < given.length; i += 1) {
    const word = given[i], [option, inline] = splitWord(word), known = PASTED_WORDS[option], what = pastedOption(option);
    if (!word.startsWith('-') || word === '-') {
      found.file ??= word;
      continue;
    }
    if (what === 'unknown') throw new PastedError(`${option} is no option of mixtura ${listed(PASTED_COMMANDS, 'or')}: look at the line again.`);
    if (what === 'untaken' && !found.untaken.includes(option)) found.untaken.push(option);
    if (Object.hasOwn(PASTED_FLAGS, word)) found.fit[PASTED_FLAGS[word][0]] = PASTED_FLAGS[word][1];
    if (!takesValue(option)) continue;
    const value = inline ?? given[i += 1];
    if (value === undefined) throw new PastedError(`${option} is the last word of the line: give its value too.`);
    if (what === 'compared') found.read[option] = value;
    if (!known) continue;
    const { place: [where, name], read, wanted } = known, made = read(value);
    if (made === null) throw refused(option, value, wanted);
    found[where][name] = made;
  }
}

/** How what is open was read, in the words of an option. */
function readAs({ source }, option) {
  if (option === '--columns') return source.columns.join(',');
  return option === '--as' ? source.kind : source.threshold === null ? 'otsu' : String(source.threshold);
}

/** Whether what is open was read as an option says. */
function isReadSo(document, option, value) {
  const { kind } = document.source;
  if (option === '--as' && value === 'auto') return kind === 'ink' || kind === 'colour';
  if (option === '--threshold' && (kind !== 'ink' || !PASTED_NUMBER.test(value))) return kind === 'ink' && value === readAs(document, option);
  return option === '--threshold' ? Number(value) === document.source.threshold : value === readAs(document, option);
}

/** What is said of a pasted line, whose settings go to the document: {sentence, remedy}; every option that does not is named. */
export function whatIsTaken(document, { file, read, shown: { axes = null }, untaken }) {
  const { name } = document.source, anew = Object.keys(read).filter((option) => !isReadSo(document, option, read[option]));
  const never = axes && !axesNamed(document, axes) ? [...untaken, '--axes'] : untaken, without = [...anew, ...never];
  const remedies = [
    file && file !== name ? `It was made with ${file}: drop that here to have the same.` : null,
    anew.length ? `For ${listed(anew)}, open ${name} again.` : null,
    never.length ? `The studio has no ${listed(never, 'or')} for it: run the line in a terminal.` : null];
  return { sentence: `The settings of the line are taken${without.length ? `, without ${listed(without)}` : ''}.`, remedy: remedies.filter(Boolean).join(' ') || null };
}

/** The columns that a pasted line shows, by their numbers; null where they are not so many as the studio shows. */
export function axesNamed(document, named) {
  const { source } = document;
  if (source.frame || new Set(named).size !== named.length || named.length !== Math.min(2, source.d)) return null;
  const missing = named.find((name) => !source.columns.includes(name));
  if (missing !== undefined) throw new PastedError(`--axes names ${missing}, and ${source.name} has ${source.columns.join(', ')}: give two of these.`);
  return named.map((name) => source.columns.indexOf(name));
}

/** The document with the settings of a pasted line; a `PastedError` where it cannot have them. */
export function withPasted(document, { fit: { k = null, polish, ...fit }, look, shown: { tone = null, without = null, width = null } = {} }) {
  const { source } = document, styles = stylesOf(document), style = look.style ?? document.look.style, next = { ...look };
  if (!styles.includes(style)) throw refused('--style', style, `${listed(styles, 'or')}, which ${source.name} can be shown in`);
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
