// A pasted line of the command, the inverse of Copy: its settings go to the document that is open.

import { parseTone } from './tones.js';

const FIT_WORDS = {
  '-k': ['k', Number], '--covariance': ['covariance_type', String], '--start': ['start', String], '--seed': ['seed', Number],
  '--tol': ['tol', Number], '--max-iter': ['max_iter', Number],
};
const LOOK_WORDS = {
  '--style': ['style', String], '--sharpen': ['sharpen', Number], '--colours': ['colours', String], '--ink': ['ink', String],
  '--paper': ['paper', String], '--samples': ['dots', Number], '--radius': ['radius', Number], '--heaviest': ['count', Number],
};
const STYLES = ['mean', 'grid', 'contour', 'dots', 'ellipses'], FAMILIES_PASTED = ['full', 'tied', 'diag', 'spherical'];

/** The words of a shell line: quotes and backslashes as a shell reads them, nothing else. */
export function shellWords(line) {
  return [...line.matchAll(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\])+/g)].map(([word]) => word
    .replace(/'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g, (_, single, double, escaped) => single ?? double?.replace(/\\(.)/g, '$1') ?? escaped));
}

/** {file, fit, look} of a line such as `mixtura paint a.png -k 40 --style grid`; null where it is no such line. */
export function pastedCommand(text) {
  const words = shellWords(text.trim().split('&&')[0]);
  if (words[0] !== 'mixtura' || !['paint', 'fit', 'studio', 'show'].includes(words[1])) return null;
  const found = { file: null, fit: {}, look: {} };
  let tone = null;
  for (let i = 2; i < words.length; i += 1) {
    const [option, inline] = words[i].startsWith('--') ? words[i].split(/=(.*)/s) : [words[i]];
    if (!option.startsWith('-')) {
      found.file ??= option;
      continue;
    }
    if (option === '--prior') found.fit.prior = 1;
    const [where, known] = FIT_WORDS[option] ? [found.fit, FIT_WORDS[option]] : [found.look, LOOK_WORDS[option]];
    const takes = known || ['--tone', '-o', '--as', '--threshold', '--size', '--without', '--columns', '--axes', '--data', '--plot'].includes(option);
    if (!takes) continue;
    const value = inline ?? words[i += 1];
    if (option === '--tone') tone = value;
    if (!known || value === undefined) continue;
    const [name, of] = known, read = of(value);
    if (!Number.isNaN(read)) where[name] = read;
  }
  if (found.look.style && !STYLES.includes(found.look.style)) delete found.look.style;
  if (found.fit.covariance_type && !FAMILIES_PASTED.includes(found.fit.covariance_type)) delete found.fit.covariance_type;
  if (tone && ['mean', 'grid'].includes(found.look.style)) found.tone = { [found.look.style]: tone };
  return found;
}

/** The document with the settings of a pasted line. */
export function withPasted(document, { fit, look, tone = null }) {
  const curves = { ...document.look.tone };
  for (const [style, text] of Object.entries(tone ?? {})) curves[style] = parseTone(text);
  return { ...document, fit: { ...document.fit, ...fit }, look: { ...document.look, ...look, tone: curves } };
}
