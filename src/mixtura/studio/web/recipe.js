// The line that makes what the screen shows, as a command and as Python. Pure, and true: tests run both.

import { isColoured, isPicture, remembered, shownOf } from './document.js';
import { plainStem, pythonCall, pythonText, pythonValue, shellWord } from './quoting.js';
import { toneText } from './tones.js';

// What a style takes, of a picture, a drawing and a page.
const SETTINGS_OF = {
  png: { mean: ['tone'], grid: ['tone', 'ink', 'paper'], contour: ['colours'], dots: ['dots', 'radius', 'ink', 'paper', 'seed'], ellipses: ['ink', 'paper'] },
  svg: { mean: [], grid: ['tone', 'ink', 'paper'], contour: ['colours'], dots: ['dots', 'ink', 'paper', 'seed'], ellipses: ['ink', 'paper'] },
  webp: { mean: ['tone'], grid: ['tone', 'ink', 'paper'], contour: ['colours'], dots: ['ink', 'paper', 'seed'], ellipses: ['ink', 'paper'] },
  html: { mean: ['tone'], grid: ['tone', 'ink', 'paper'], contour: ['colours'] },  // of tones those alone that its slider has
};
const FILM_WIDEST = 1280;
const IN_PYTHON = { dots: 'samples', seed: 'rng' }, OPTIONS = { tone: '--tone', ink: '--ink', paper: '--paper', colours: '--colours', dots: '--samples', radius: '--radius', seed: '--seed' };

/**
 * How a file is drawn, as `take` has it: what its style takes, null where nothing is set. width: of the file, in pixels,
 * null for the picture's own. The radius of dots is kept in units of the picture, so that files of any size look alike.
 */
export function lookFor(document, width = null, kind = 'png') {
  const { look, source } = document, scale = width === null || !source.frame ? 1 : width / (source.frame[2] - source.frame[0]);
  const style = kind === 'html' && !SETTINGS_OF.html[look.style] ? (isColoured(document) ? 'mean' : 'grid') : look.style;  // a page shows no dots
  const curve = style === 'grid' || style === 'mean' ? look.tone[style] : null, text = curve && (kind !== 'html' || curve.kind !== 'points') ? toneText(curve) : null;
  const all = {
    tone: text && text !== 'linear' ? text : null, colours: look.colours, ink: look.ink ?? null, paper: look.paper ?? null,
    dots: look.dots, radius: look.radius ? Number((look.radius * scale).toPrecision(6)) : null, seed: madeBy(document).seed,
  };
  const takes = (SETTINGS_OF[kind] ?? SETTINGS_OF.png)[style] ?? [], own = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, takes.includes(key) ? value : null]));
  return { style, ...own, sharpen: look.sharpen, count: countOf(document), seed: all.seed };
}

/** The name of the file that a kind makes. */
export function fileName(document, kind) {
  const stem = plainStem(document.source.name);
  if (kind === 'csv') return `${stem}-labels.csv`;
  if (kind === 'mix' || kind === 'gmx') return `${stem}.${kind}`;
  if (kind === 'webp') return `${stem}-fit.webp`;
  return isPicture(document) ? `${stem}-${lookFor(document, null, kind).style}.${kind}` : `${stem}.${kind}`;
}

/** How many are shown, null where it is all that are not hidden. */
function countOf({ look, hidden, parts }) {
  if (look.count === null || !parts) return null;
  const seen = parts.k - hidden.reduce((n, each) => n + (each ? 1 : 0), 0);
  return look.count < seen ? look.count : null;
}

const hiddenOf = ({ hidden }) => Array.from(hidden.keys()).filter((i) => hidden[i]);

/** The settings that made the parts: those that were changed since, without a fit, are not among them. */
function madeBy({ fit }) {
  return { ...fit, ...(fit.made ?? {}) };
}

/** Why a line cannot begin from the data, as a sentence; null where it can. */
function whyFromModel(document) {
  const { source, fit, parts } = document, picture = isPicture(document);
  if (document.byHand) return 'edited by hand, so it starts from the model';
  if (source.kind === 'model') return null;
  if (fit.continued) return 'a fit that went on from another, so it starts from the model';
  if (!parts || fit.objective === null) return 'not fitted here, so it starts from the model';
  if (source.kind === 'points') return 'the points are in no file, so it starts from the model';
  if (picture && hiddenOf(document).length) return 'some are hidden, so it starts from the model';
  if (picture && (fit.made ?? fit).polish) return 'polished here, so it starts from the model';
  if (picture && !['converged', 'limit'].includes(fit.reason)) return 'a fit on its way, so it starts from the model';
  if (!picture && source.columns.some((name) => name.includes(','))) return 'a column has a comma in its name, so it starts from the model';
  return null;
}

/**
 * The line of a document: {command, python, byHand, reads}. kind: of the file that it makes; by default what suits. size:
 * its width in pixels. filmed: whether the engine's last fit ended here. byHand says why it starts from the saved model, or
 * null; reads: that model, which is to be saved.
 */
export function recipe(document, { kind = null, size = null, filmed = true } = {}) {
  if (!document.parts) return { command: null, python: null, byHand: 'nothing is fitted yet' };
  const why = whyFromModel(document), saved = why !== null || document.source.kind === 'model';
  const wanted = kind ?? (isPicture(document) ? 'png' : saved ? 'show' : 'mix');
  const make = isPicture(document) ? ofPicture : ofTable;
  if (wanted === 'webp') return film(document, size, filmed);
  if (wanted === 'mix' && saved) return { command: null, python: null, byHand: why ?? 'the model is a file already' };
  if (wanted === 'gmx') return { ...make(document, wanted), byHand: 'a tiny picture is made anew from the picture' };
  const line = make(document, wanted, size, saved);
  return { ...line, byHand: why, reads: why && line.command ? modelOf(document) : null };
}

/** The film of the fit, which a line makes again where it began from the data: a model has no steps. */
function film(document, size, filmed) {
  const { source, axes } = document, output = fileName(document, 'webp'), width = Math.min(size ?? FILM_WIDEST, FILM_WIDEST), why = whyNoFilm(document, filmed);
  if (why) return { command: null, python: null, byHand: why };
  if (isPicture(document)) return { ...ofPicture(document, 'webp', width, false), byHand: null };
  const { words, call } = tableFit(document, 'filming.fitted'), names = axes.map((axis) => source.columns[axis]);
  const some = names[0] !== source.columns[0] || names[1] !== source.columns[1], shown = some ? option('--axes', names.join(',')) : null;
  return {
    command: command(['mixtura fit', shellWord(source.name), ...words, option('--film', output), shown, option('--size', width), option('-o', modelOf(document))]),
    python: ['from pathlib import Path', 'import mixtura as mx', 'from mixtura.jobs import filming', `fit, steps = ${call}`,
      `filming.write(Path(${pythonText(output)}), steps, ${pythonValue(axes)}, ${width})`].join('\n'),
    byHand: null,
  };
}

function whyNoFilm(document, filmed) {
  const { source, fit } = document, last = 'a film shows the last fit';
  if (document.byHand) return `${last}, and this was edited by hand since`;
  if (source.kind === 'model') return `${last}, and a model has none`;
  if (fit.continued) return `${last}, which went on from a mixture that is in no file`;
  if (!filmed || !['converged', 'limit'].includes(fit.reason)) return `${last} to its end, and this is another state`;
  if (isPicture(document) && (fit.made ?? fit).polish) return `${last}, which was polished step by step here`;
  if (source.d < 2) return 'a film shows two columns, and there is one';
  const why = whyFromModel(document);
  return why && `${last}, and ${why.replace(', so it starts from the model', '')}`;
}

// Lines are lists of words; words of options and numbers are themselves.
const command = (words) => words.filter((word) => word !== null).join(' ');
const option = (name, value, usual = null) => (value === null || value === undefined || value === usual ? null : `${name} ${shellWord(String(value))}`);
const modelOf = ({ source, byHand }) => (source.kind === 'model' && !byHand ? source.name : `${plainStem(source.name)}.mix`);

/** (width, height) of a file as wide as `size`, for its frame. */
function sizeOf(document, size) {
  const [left, top, right, bottom] = document.source.frame;
  return size === null ? null : [size, Math.max(1, Math.round(size * (bottom - top) / (right - left)))];
}

function ofPicture(document, kind, size, saved) {
  if (kind === 'csv') return regions(document, saved);
  if (kind === 'gmx') return tiny(document);
  const look = lookFor(document, size, kind), output = fileName(document, kind), model = kind === 'mix', pixels = kind === 'html' || model ? null : sizeOf(document, size);
  const settings = Object.keys(OPTIONS).filter((key) => look[key] !== null && (key !== 'seed' || look.style === 'dots'));
  const shown = model ? [] : [
    option('--without', hiddenOf(document).join(',') || null), option('--heaviest', look.count), option('--style', look.style), option('--sharpen', look.sharpen, 1),
    ...settings.filter((key) => saved || key !== 'seed').map((key) => option(OPTIONS[key], look[key])), pixels && option('--size', pixels.join('x'))];
  const line = command(['mixtura paint', shellWord(saved ? modelOf(document) : document.source.name), ...(saved ? [] : fitOptions(document)), ...shown,
    kind === 'webp' ? '--film fit' : null, option('-o', output)]);
  return { command: line, python: saved ? paintedModel(document, kind, look, settings, pixels, output) : paintedPicture(document, kind, look, settings, pixels, output) };
}

/** The labels of the pixels of a colour picture. */
function regions(document, saved) {
  const { source } = document, model = modelOf(document), output = fileName(document, 'csv'), begin = saved ? null : ofPicture(document, 'mix', null, false);
  if (source.kind !== 'colour') return { command: null, python: null };
  const ask = command(['mixtura predict', shellWord(model), shellWord(source.name), option('-o', output)]), path = (name) => `Path(${pythonText(name)})`;
  const lines = ['from pathlib import Path', 'import mixtura as mx', 'from mixtura.jobs import labels', 'from mixtura.sources.tables import write',
    `write(${path(output)}, labels.of_picture(mx.load(${pythonText(model)}), ${path(source.name)}))`];
  return { command: begin ? `${begin.command} && ${ask}` : ask, python: [...(begin ? [begin.python] : []), ...lines].join('\n') };
}

/** A tiny picture is made of the picture itself, of as many components. */
function tiny(document) {
  const { source, parts } = document, output = fileName(document, 'gmx'), threshold = source.kind === 'ink' ? source.threshold : null;
  if (source.kind === 'model') return { command: null, python: null };
  const path = (name) => ({ code: `Path(${pythonText(name)})` });
  const job = pythonCall('Recipe', [path(source.name)], { kind: source.kind, threshold: threshold === null ? undefined : String(threshold), n_components: parts.k, outputs: { tuple: [path(output)] } });
  return {
    command: command(['mixtura paint', shellWord(source.name), option('--as', source.kind), option('--threshold', threshold), option('-k', parts.k), option('-o', output)]),
    python: ['from pathlib import Path', 'from mixtura.jobs.paint import run', 'from mixtura.jobs.recipe import Recipe', `run(${job})`].join('\n'),
  };
}

function fitOptions(document) {
  const { source } = document, fit = madeBy(document), ink = source.kind === 'ink';
  return [
    option('--as', source.kind), ink ? option('--threshold', source.threshold) : null, option('-k', document.parts.k), option('--covariance', fit.covariance_type, 'full'),
    option('--start', fit.start, 'kmeans'), option('--seed', fit.seed, 0), option('--tol', fit.tol, 0.001), option('--max-iter', fit.max_iter, 100), '--no-polish'];
}

/** From a picture: the command's own job, as a value. */
function paintedPicture(document, kind, look, settings, pixels, output) {
  const { source } = document, fit = madeBy(document), model = kind === 'mix', file = (name) => ({ code: `Path(${pythonText(name)})` }), own = {};
  for (const key of settings) if (key !== 'seed' && key !== 'paper') own[IN_PYTHON[key] ?? key] = look[key];
  const unless = (value, usual) => (value === usual || value === null ? undefined : value);
  const job = pythonCall('Recipe', [file(source.name)], {
    kind: source.kind, threshold: source.kind === 'ink' && source.threshold !== null ? String(source.threshold) : undefined,
    n_components: document.parts.k, covariance_type: unless(fit.covariance_type, 'full'), start: unless(fit.start, 'kmeans'), rng: unless(fit.seed, 0),
    tol: unless(fit.tol, 0.001), max_iter: unless(fit.max_iter, 100), polish: false,
    ...(model ? {} : { heaviest: look.count ?? undefined, styles: { tuple: [look.style] }, sharpen: unless(look.sharpen, 1), paper: look.paper ?? undefined, size: pixels ? { tuple: pixels } : undefined }),
    film: kind === 'webp' ? 'fit' : undefined, settings: Object.keys(own).length && !model ? own : undefined, outputs: { tuple: [file(output)] },
  });
  return ['from pathlib import Path', 'from mixtura.jobs.paint import run', 'from mixtura.jobs.recipe import Recipe', `run(${job})`].join('\n');
}

/** From a saved model. */
function paintedModel(document, kind, look, settings, pixels, output) {
  const model = modelOf(document), lines = ['import mixtura as mx', `mix = mx.load(${pythonText(model)})`, ...subsets(document, look.count)];
  if (look.sharpen !== 1) lines.push(`mix = mix.scale_covariances(${look.sharpen})`);
  const frame = { tuple: document.source.frame.map(Number) }, size = { tuple: pixels ?? sizeOf(document, document.source.frame[2] - document.source.frame[0]).map(Math.round) };
  const own = Object.fromEntries(settings.map((key) => [IN_PYTHON[key] ?? key, look[key]]));
  if (kind === 'html') lines.push(`page = ${pythonCall('mx.pictures.page.html', [{ code: 'mix' }, look.style], { frame, title: model, ...own })}`, `mx.pictures.files.write_bytes(${pythonText(output)}, page.encode())`);
  else if (kind === 'svg') lines.push(`drawing = ${pythonCall(`mx.pictures.vector.svg`, [{ code: 'mix' }, look.style], { frame, size, ...own })}`, `mx.pictures.files.write_bytes(${pythonText(output)}, drawing.encode())`);
  else lines.push(`pixels = ${pythonCall(`mx.pictures.draw.${look.style}`, [{ code: 'mix' }], { frame, size, ...own })}`, `mx.pictures.files.write(${pythonText(output)}, pixels)`);
  return lines.join('\n');
}

/** Only the components that are shown: by their numbers, or by a rule where these are many. */
function subsets(document, count) {
  const hidden = hiddenOf(document), shown = [...shownOf(document)].sort((a, b) => a - b);
  if (shown.length === document.parts.k) return [];
  if (shown.length <= 24) return [`mix = mix.subset(${pythonValue(shown)})`];
  const left = hidden.length ? `[i for i in range(mix.n_components) if i not in {${hidden.join(', ')}}]` : 'range(mix.n_components)';
  return [`mix = mix.subset(${count === null ? left : `sorted(sorted(${left}, key=lambda i: -mix.weights[i])[:${count}])`})`];
}

// Tables

const gapsKnown = new WeakMap();
const hasGaps = ({ points }) => remembered(gapsKnown, points, () => points.some(Number.isNaN));

function ofTable(document, kind, size, saved) {
  const begin = beginning(document, saved);
  if (kind === 'csv') return labels(document, begin);
  if (kind === 'html') return explored(document, begin);
  if (kind === 'show' || kind === 'png' || kind === 'svg') return figure(document, kind, size, begin);
  if (saved) return { command: null, python: null };
  return { command: begin.command, python: ['import mixtura as mx', `fit = ${begin.call}`, `fit.save(${pythonText(begin.model)})`].join('\n') };
}

/** Where lines of a table begin: {model: its file, command: that makes it, or null where it is saved; load: the Python that has it as mix; call: of the fit}. */
function beginning(document, saved) {
  const model = modelOf(document);
  if (saved) return { model, command: null, load: `mix = mx.load(${pythonText(model)})` };
  const { words, call } = tableFit(document);
  return { model, command: command(['mixtura fit', shellWord(document.source.name), ...words, option('-o', model)]), load: `mix = ${call}.mixture`, call };
}

const oneAfter = (begin, next) => (begin.command ? `${begin.command} && ${next}` : next);

/** The words of `mixtura fit` and the call of `mx.fit` that make the parts. */
function tableFit(document, door = 'mx.fit') {
  const { source, parts } = document, fit = madeBy(document), ended = document.fit.reason === 'converged', steps = ended ? fit.max_iter : document.fit.iteration;
  const columns = source.allColumns && source.allColumns.join('\n') !== source.columns.join('\n') ? source.columns : null, missing = hasGaps(source);
  const words = [
    option('-k', parts.k), columns && option('--columns', columns.join(',')), missing ? '--missing' : null, option('--covariance', fit.covariance_type, 'full'),
    option('--start', fit.start, 'kmeans'), option('--seed', fit.seed, 0), option('--tol', fit.tol, 0.001), option('--max-iter', steps, 100), fit.prior ? '--prior' : null];
  const unless = (value, usual) => (value === usual ? undefined : value), gaps = missing || undefined;
  const data = columns ? { code: pythonCall('mx.sources.opened', [source.name], { columns, missing: gaps }) } : source.name;
  const call = pythonCall(door, [data, parts.k], {
    covariance_type: unless(fit.covariance_type, 'full'), start: unless(fit.start, 'kmeans'), tol: unless(fit.tol, 0.001), max_iter: unless(steps, 100),
    rng: fit.seed, missing: gaps, prior: fit.prior ? 'default' : undefined });
  return { words, call };
}

/** A figure of the model, or its description on the terminal, as `mixtura show` makes them. */
function figure(document, kind, size, begin) {
  const { source, axes } = document, { model, load } = begin, names = axes.map((axis) => source.columns[axis]);
  const some = names.length < source.d || names.some((name, j) => name !== source.columns[j]), chosen = some ? option('--axes', names.join(',')) : null;
  if (some && names.some((name) => name.includes(','))) return { command: null, python: null };
  const show = ['mixtura show', shellWord(model), chosen];
  if (kind === 'show') return { command: command(show), python: ['import mixtura as mx', load, `print(mix.marginal(${pythonValue(axes)}))`].join('\n') };
  const file = fileName(document, kind), data = source.kind === 'table' ? source.name : null, wide = kind === 'png' ? size : null;
  const points = data && `x = ${pythonCall('mx.sources.opened', [data], { columns: source.columns, missing: true })}.take(None).x`;
  return {
    command: oneAfter(begin, command([...show, data && option('--data', data), option('--plot', file), option('--size', wide)])),
    python: ['from pathlib import Path', 'import mixtura as mx', 'from mixtura.jobs import figure', load, ...(points ? [points] : []),
      `figure.write(Path(${pythonText(file)}), figure.of_model(mix, ${pythonValue(source.columns)}, ${points ? 'x' : 'None'}, ${pythonValue(axes)})${wide ? `, ${wide}` : ''})`].join('\n'),
  };
}

/** A page in which the fit goes on, of the saved model and its table. */
function explored(document, begin) {
  const { source } = document, { model } = begin, output = fileName(document, 'html'), table = source.kind === 'table';
  if (!table && source.kind !== 'model') return { command: null, python: null };
  const load = table ? [begin.load, `x = ${pythonCall('mx.sources.opened', [source.name], { columns: source.columns, missing: true })}`] : [];
  return {
    command: oneAfter(begin, command(['mixtura show', shellWord(model), table ? option('--data', source.name) : null, option('-o', output)])),
    python: ['import mixtura as mx', ...load, `page = ${table ? pythonCall('mx.studio.page', [{ code: 'mix' }, { code: 'x' }], { name: source.name }) : pythonCall('mx.studio.page', [model], { name: model })}`,
      `mx.pictures.files.write_bytes(${pythonText(output)}, page.encode())`].join('\n'),
  };
}

/** The labels of the rows. */
function labels(document, begin) {
  const { source } = document, { model, load } = begin, output = fileName(document, 'csv'), missing = hasGaps(source);
  if (source.kind !== 'table') return { command: null, python: null };
  const ask = command(['mixtura predict', shellWord(model), shellWord(source.name), missing ? '--missing' : null, option('-o', output)]);
  const data = { code: pythonCall('mx.sources.opened', [source.name], { columns: source.columns, missing: missing || undefined }) };
  const lines = [
    'from pathlib import Path', 'import mixtura as mx', 'from mixtura.sources.tables import write', load,
    `labels = mix.predict(${data.code}${missing ? ', missing=True' : ''})`, `write(Path(${pythonText(output)}), {"component": labels})`];
  return { command: oneAfter(begin, ask), python: lines.join('\n') };
}
