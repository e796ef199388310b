// How things come in: dropped, pasted, chosen, a sample, points drawn by hand; and the empty page that offers it.

import { chooseColumns } from './columns.js';
import { el, fill } from './dom.js';
import { toggleFit } from './climb.js';
import { pointsThumbnail } from './lessons.js';
import { PastedError, axesNamed, pastedCommand, whatIsTaken, withPasted } from './pasted.js';
import { sprayPad } from './spray.js';
import { documentOf } from './talk.js';

const PICTURE_NAMES = /\.(png|jpe?g|webp|gif|bmp|tiff?|avif|heic|jxl|ppm|pgm|pnm|ico)$/i;
const MODEL_NAMES = /\.(mix|gmx|safetensors)$/i;
const OPEN_ACCEPTS = 'image/*,.csv,.tsv,.txt,.parquet,.npy,.mix,.gmx';
const FEWEST_POINTS = 10;  // of a component, where K is not said
const SAMPLES_SHOWN = ['harbour', 'butterfly', 'moons'];

/** What a file is taken for, by its name and what the system says of it. */
function kindOfFile({ name, type }) {
  if (MODEL_NAMES.test(name)) return 'model';
  return type.startsWith('image/') || PICTURE_NAMES.test(name) ? 'picture' : 'table';
}

/** The samples of the empty page: one in colour, one in ink, one of points, or the first that there are. */
function fewSamples(samples) {
  const best = SAMPLES_SHOWN.map((name) => samples.find((each) => each.name === name)).filter(Boolean);
  return [...best, ...samples.filter((each) => !best.includes(each))].slice(0, SAMPLES_SHOWN.length);
}

/** The thumbnail of a sample: the address of its picture, else its points. */
function sampleButton(sample, address, act) {
  const view = address ? el('img', { src: address, alt: '', width: 96, height: 64 }) : pointsThumbnail(sample.name);
  return el('button', { type: 'button', title: sample.title, onclick: act }, view, el('span', {}, sample.title.split(',')[0]));
}

/** What opens; it puts `app.open`, `app.openFile`, `app.openSample`, `app.choose` and `app.draw` there. */
export function opener(app) {
  const file = el('input', { type: 'file', accept: app.options.alone ? '.csv,.tsv,.txt,.mix' : OPEN_ACCEPTS, class: 'visually-hidden', tabindex: '-1', 'aria-hidden': 'true' });
  const samples = el('div', { class: 'samples' }), again = el('div', { class: 'offered' });
  const choose = el('button', { type: 'button', class: 'choose', onclick: () => app.choose() }, 'choose a file');
  const drop = el('div', { class: 'drop' }, el('h1', {}, app.options.alone ? 'Drop a table here' : 'Drop a picture or a table here'),
    el('p', { class: 'soft' }, 'or paste one, or ', choose, '. It stays on this computer.'), samples, again);
  const empty = el('section', { class: 'welcome', 'aria-label': 'Open' }, drop);
  const busy = el('div', { class: 'busy', role: 'status' });
  const over = el('div', { class: 'dropping', 'aria-hidden': 'true' }, el('b', {}, 'Let go to open'));
  busy.hidden = over.hidden = true;
  app.regions.stage.append(empty, busy, over, file);

  const { pictures } = app.options, picture = pictures?.begin(app), columns = chooseColumns(app), pad = sprayPad(app);
  let opening = 0, inside = 0;

  function waits(name) {
    opening += name ? 1 : -1;
    busy.hidden = opening === 0;
    if (name) fill(busy, el('i', { class: 'spinner' }), el('span', {}, `Opening ${name} …`));
  }

  const fails = ({ sentence, remedy }) => app.dispatch({ type: 'notice', notice: { sentence, remedy, bad: true } });

  /** Open what `fields` and `arrays` of an `open` message say; null where it failed, which is told. */
  async function ask(fields, arrays) {
    const whole = { kind: 'table', name: 'untitled', mode: null, threshold: null, columns: null, ...fields };
    waits(whole.name);
    try {
      return { message: await app.request('open', whole, arrays), origin: { fields: whole, arrays } };
    } catch (error) {
      fails(error);
      return null;
    } finally { waits(null); }
  }

  function settle({ message, origin }, { asked = {}, start = false } = {}) {
    const made = documentOf(message), { components } = app.state.engine?.limits ?? {}, { k, ...usual } = app.options.settings ?? {}, fit = { ...usual };
    if (!made.parts && made.source.n) fit.k = Math.max(1, Math.min(made.fit.k, Math.floor(made.source.n / FEWEST_POINTS)));
    if (!made.parts && (components || (k && !origin))) fit.k = components ?? k;
    for (const name of ['k', 'seed', 'start']) if (asked[name] !== undefined) fit[name] = asked[name];
    app.dispatch({ type: 'notice', notice: null });
    app.dispatch({ type: 'open', document: { ...made, fit: { ...made.fit, ...fit } } });
    app.emit('origin', { ...origin, id: message.id });
    if (start && app.state.document && !app.state.document.parts) toggleFit(app);
  }

  const declined = () => app.emit('declined');  // the engine has what nobody wants: keep.js gives it back what is open

  /** Whether it opened, or asks for its columns first. */
  app.open = async (fields, arrays = {}, more = {}) => {
    columns.close();
    const found = await ask(fields, arrays);
    if (!found) return false;
    const { message } = found;
    const several = fields.kind === 'table' && !fields.columns && message.all_columns.length > 2;
    const chosen = async (...given) => { if (!(await app.open(...given))) declined(); };
    if (several) columns.show(message, found.origin, { open: chosen, keep: () => settle(found, more), leave: declined });
    else settle(found, more);
    return true;
  };

  app.openFile = async (given) => {
    const limit = app.state.engine?.limits?.bytes ?? Infinity;
    if (given.size > limit) {
      fails({ sentence: `${given.name} has ${Math.ceil(given.size / 2 ** 20)} MB; the studio takes ${Math.floor(limit / 2 ** 20)} MB.`, remedy: 'Take a smaller one, or begin with mixtura studio FILE.' });
      return;
    }
    const bytes = new Uint8Array(await given.arrayBuffer()), kind = kindOfFile(given);
    const send = (more, start) => app.open({ kind, name: given.name, ...more }, { bytes }, { start });
    if (kind !== 'picture' || !picture || !(await picture.show(given, send))) send({}, kind === 'picture');
  };

  app.openSample = (sample, asked = null) => app.open({ kind: 'sample', name: sample.name }, {}, {
    asked: asked ?? {}, start: !asked && ['ink', 'colour', 'picture'].includes(sample.kind),
  });
  app.choose = () => file.click();
  app.draw = () => pad.show((points) => app.open({ kind: 'points', name: 'drawn points' }, { points: { data: points, shape: [points.length / 2, 2] } }));
  app.columns = () => columns.again(app.state.document, app.open);

  file.addEventListener('change', () => {
    if (file.files[0]) app.openFile(file.files[0]);
    file.value = '';
  });

  const carries = (event) => [...event.dataTransfer?.types ?? []].includes('Files');
  app.listen(app.root, 'dragenter', (event) => { if (carries(event)) { inside += 1; over.hidden = false; } });
  app.listen(app.root, 'dragleave', (event) => { if (carries(event)) { inside -= 1; over.hidden = inside <= 0; } });
  app.listen(app.root, 'dragover', (event) => { if (carries(event)) event.preventDefault(); });
  app.listen(app.root, 'drop', (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    inside = 0;
    over.hidden = true;
    if (event.dataTransfer.files[0]) app.openFile(event.dataTransfer.files[0]);
  });

  app.listen(document, 'paste', (event) => {
    const writing = event.target.closest?.('input:not([type="range"]), textarea');
    if (writing || (app.options.embedded && !app.root.contains(app.root.getRootNode().activeElement))) return;
    const given = event.clipboardData.files[0], text = event.clipboardData.getData('text/plain');
    if (given) app.openFile(given.name ? given : new File([given], 'pasted.png', { type: given.type }));
    else if (!take(text)) {
      if (!/\d[\s,;]/.test(text)) return;
      app.openFile(new File([text], 'pasted.csv', { type: 'text/csv' }));
    }
    event.preventDefault();
  });

  /** A pasted line of the command: its settings, for what is open. False where it is no such line. */
  function take(text) {
    const { document } = app.state, note = (sentence, remedy) => app.dispatch({ type: 'notice', notice: { sentence, remedy, bad: false } });
    try {
      const pasted = pastedCommand(text);
      if (!pasted) return false;
      const from = pasted.file;
      if (!document) note('This line has settings; they need a picture or a table.', from ? `Drop ${from} here, then paste the line again.` : null);
      else {
        const { axes } = pasted.shown, seen = axes && axesNamed(document, axes), { sentence, remedy } = whatIsTaken(document, pasted);
        app.dispatch({ type: 'edit', label: 'Pasted line', document: withPasted(document, pasted) });
        if (seen) app.dispatch({ type: 'axes', axes: seen });
        note(sentence, remedy);
      }
    } catch (error) {
      if (!(error instanceof PastedError)) throw error;
      fails({ sentence: error.message, remedy: null });
    }
    return true;
  }

  app.on('welcomed', ({ samples: list }) => fill(samples, fewSamples(list).map((each) => sampleButton(each, pictures?.samples[each.name], () => app.openSample(each)))));
  app.on('fresh', ({ samples: list }) => {  // nothing came back from before: what the address asks for
    const asked = app.options.link, wanted = asked && list.find(({ name }) => name === asked.sample);
    if (wanted) app.openSample(wanted, asked);
  });
  app.on('message', (message) => { if (message.type === 'opened' && message.re === null && !app.state.document) settle({ message, origin: null }, { asked: app.options.settings ?? {} }); });

  return {
    update() {
      empty.hidden = Boolean(app.state.document);
    },
    offer: again,
  };
}
