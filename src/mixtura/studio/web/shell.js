// The frame around the views: the top bar, the regions by width, tools and zoom beside the stage, the theme.

import { el, say, attribute } from './dom.js';
import { isColoured, isPicture } from './document.js';
import { counted } from './format.js';
import { canRedo, canUndo } from './history.js';
import { icon, iconButton, mark, wordButton } from './icons.js';
import { titleMenu } from './menu.js';

const SHELL_VIEWS = [['original', 'Original'], ['split', 'Split'], ['painted', 'Painted']];
const SHELL_TABS = [['look', 'Look', 'wave'], ['parts', 'Components', 'ellipse'], ['ask', 'Ask', 'ask'], ['fit', 'Fit', 'curve']];
const SHELL_TOOLS = [['select', 'Select', 'V'], ['lasso', 'Lasso', 'L'], ['brush', 'Brush', 'B'], ['new', 'New Gaussian', 'N'], ['ask', 'Ask', 'Q'], ['pan', 'Move the view', 'space']];
const PARTS_TABS = ['parts', 'ask', 'fit'];  // what the right panel holds, one under the other where there is room
const ZOOM_STEP = 1.25;  // of the zoom

/** A group of buttons of which one is pressed: `{element, press(name)}`. */
function oneOf(label, options, act, kind = 'segments') {
  const buttons = options.map(([name, words]) => el('button', { type: 'button', 'aria-pressed': 'false', onclick: () => act(name) }, words));
  const element = el('div', { class: kind, role: 'group', 'aria-label': label }, buttons);
  return { element, buttons, press: (name) => options.forEach(([each], i) => attribute(buttons[i], 'aria-pressed', String(each === name))) };
}

/** The columns of a table on the screen: two lists. */
function columnsChoice(app) {
  const lists = [0, 1].map((i) => el('select', { class: 'plain-select', 'aria-label': i ? 'Column going up' : 'Column going to the right', onchange: () => chosen(i) }));
  const element = el('div', { class: 'axes' }, lists[0], el('span', { class: 'against' }, 'against'), lists[1]);
  let shown = null;

  function chosen(i) {
    const axes = [...app.state.document.axes], to = Number(lists[i].value);
    if (axes[1 - i] === to) axes[1 - i] = axes[i];
    axes[i] = to;
    app.dispatch({ type: 'axes', axes });
  }

  return {
    element,
    update({ source, axes }) {
      if (shown !== source) {
        shown = source;
        for (const list of lists) list.replaceChildren(...source.columns.map((name, j) => el('option', { value: j }, name)));
      }
      lists.forEach((list, i) => { list.value = String(axes[i] ?? 0); });
      lists[1].hidden = element.children[1].hidden = axes.length < 2;
    },
  };
}

/** What a document is, in a few words. */
function aboutOf({ source }) {
  const points = `${counted(source.n)} ${source.n === 1 ? 'point' : 'points'}`;
  if (source.frame) {
    const [left, top, right, bottom] = source.frame, size = `${Math.round(right - left)} × ${Math.round(bottom - top)}`;
    return source.kind === 'model' ? `${size} · model` : `${size} · ${source.d === 5 ? 'colour' : 'ink'} · ${points}`;
  }
  const names = source.columns.length > 4 ? `${source.columns.length} columns` : source.columns.join(', ');
  return source.kind === 'model' && !source.n ? `model · ${names}` : `${points} · ${names}`;
}

function topBar(app) {
  const undo = iconButton('undo', 'Undo', 'Undo (Ctrl Z)', () => app.dispatch({ type: 'undo' }));
  const redo = iconButton('redo', 'Redo', 'Redo (Ctrl Shift Z)', () => app.dispatch({ type: 'redo' }));
  const theme = iconButton('theme', 'Light or dark', 'Light or dark', () => app.dispatch({ type: 'theme', theme: app.root.dataset.theme === 'dark' ? 'light' : 'dark' }), { class: 'tool wide' });
  const help = iconButton('help', 'Keys and help', 'Keys and help (?)', () => app.emit('help', help), { class: 'tool wide', 'aria-haspopup': 'dialog' });
  const take = wordButton('take', 'Take away', () => app.emit('take', take), { class: 'primary', 'aria-haspopup': 'dialog', 'aria-expanded': 'false' });
  const leave = wordButton('present', 'Leave', () => app.dispatch({ type: 'present', on: false }), { class: 'plain leave', title: 'Leave the presentation (P)' });
  const name = el('span'), about = el('span', { class: 'about num' });
  const title = el('button', { type: 'button', class: 'title', 'aria-haspopup': 'menu', 'aria-expanded': 'false', title: 'Open, or change the document', onclick: () => menu.toggle(title) }, name, icon('down'));
  const menu = titleMenu(app);
  const views = oneOf('View', SHELL_VIEWS, (view) => app.dispatch({ type: 'look', look: { view } }));
  const columns = columnsChoice(app);
  const element = el('header', { class: 'top' }, el('div', {}, mark(), title, about), views.element, columns.element,
    el('div', {}, undo, redo, theme, help, leave, take));

  return {
    element, title,
    update(state) {
      const { document } = state;
      say(name, document ? document.source.name : 'Open');
      undo.hidden = redo.hidden = take.hidden = about.hidden = !document;
      views.element.hidden = !document || !isPicture(document);
      columns.element.hidden = !document || isPicture(document);
      leave.hidden = !state.presenting;
      if (!document) return;
      say(about, aboutOf(document));
      about.title = aboutOf(document);
      title.title = `${document.source.name}: open, or change the document`;
      undo.disabled = !canUndo(state.history);
      redo.disabled = !canRedo(state.history);
      const bare = !document.source.picture;
      views.buttons[0].disabled = views.buttons[1].disabled = bare;
      views.press(bare ? 'painted' : document.look.view);
      if (!columns.element.hidden) columns.update(document);
    },
  };
}

function toolBar(app) {
  const buttons = SHELL_TOOLS.map(([name, label, key]) => iconButton(name, label, `${label} (${key})`, () => app.dispatch({ type: 'tool', tool: name }), { 'aria-pressed': 'false' }));
  const element = el('div', { class: 'tools', role: 'toolbar', 'aria-orientation': 'vertical', 'aria-label': 'Tools' }, buttons);
  element.addEventListener('keydown', (event) => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key], at = buttons.indexOf(event.target);
    if (!by || at < 0) return;
    event.preventDefault();
    event.stopPropagation();
    buttons[(at + by + buttons.length) % buttons.length].focus();
  });
  return {
    element,
    update({ tool }) {
      SHELL_TOOLS.forEach(([name], i) => {
        attribute(buttons[i], 'aria-pressed', String(name === tool));
        buttons[i].tabIndex = name === tool || (i === 0 && !SHELL_TOOLS.some(([each]) => each === tool)) ? 0 : -1;
      });
    },
  };
}

function zoomBar(app) {
  const whole = el('button', { type: 'button', class: 'whole num', title: 'All of it (0)', onclick: () => app.place.whole() });
  const element = el('div', { class: 'zoom', role: 'group', 'aria-label': 'Zoom' },
    iconButton('minus', 'Zoom out', 'Zoom out (−)', () => app.place.zoom(1 / ZOOM_STEP)), whole,
    iconButton('plus', 'Zoom in', 'Zoom in (+)', () => app.place.zoom(ZOOM_STEP)));
  app.on('sized', () => view.update(app.state));
  const view = {
    element,
    update({ document, eye }) {
      if (!document) return;
      const share = isPicture(document) && app.place.unit ? `${counted(Math.round(100 / app.place.unit))} %` : eye ? 'Part' : 'Whole';
      say(whole, share);
      attribute(whole, 'aria-label', `${share}: show all of it`);
    },
  };
  return view;
}

function tabBar(app) {
  const buttons = SHELL_TABS.map(([name, words, picture]) => el('button', { type: 'button', role: 'tab', class: name === 'fit' ? 'only-small' : null, onclick: () => app.dispatch({ type: 'tab', tab: name }) }, icon(picture), words));
  const list = el('div', { class: 'segments', role: 'tablist', 'aria-label': 'Panels' }, buttons);
  list.addEventListener('keydown', (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key], there = buttons.filter((each) => each.offsetParent !== null);
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const to = there[(there.indexOf(event.target) + by + there.length) % there.length];
    to.focus();
    to.click();
  });
  return {
    element: el('nav', { class: 'tabs', 'aria-label': 'Panels' }, list),
    update({ tab }) {
      SHELL_TABS.forEach(([name], i) => {
        attribute(buttons[i], 'aria-selected', String(name === tab));
        buttons[i].tabIndex = name === tab ? 0 : -1;
      });
    },
  };
}

/** The frame; `regions` holds the elements of the views that it puts into place. */
export function shell(app, regions) {
  const top = topBar(app), hand = toolBar(app), lens = zoomBar(app), strip = tabBar(app);
  const stage = el('main', { class: 'stage', 'aria-label': 'The picture and its Gaussians' }, regions.stage, hand.element, lens.element);
  const parts = { top: top.element, look: el('aside', { class: 'panel look', 'aria-label': 'Look' }, regions.look), stage,
    tabs: strip.element, parts: el('aside', { class: 'panel parts', 'aria-label': 'Components' }, regions.parts.map((view, i) => el('div', { class: `of-${PARTS_TABS[i]}` }, view))),
    time: el('section', { class: 'time', 'aria-label': 'Fit' }, regions.time),
    line: el('footer', { class: 'line', 'aria-label': 'What makes this picture' }, regions.line) };
  app.host.prepend(...Object.values(parts));
  app.regions = parts;
  app.title = top.title;

  const dark = matchMedia('(prefers-color-scheme: dark)');
  const paint = () => { app.root.dataset.theme = app.state.theme ?? (dark.matches ? 'dark' : 'light'); };
  app.listen(dark, 'change', () => {
    paint();
    app.emit('repaint');
  });
  paint();

  return {
    update(state) {
      paint();
      Object.assign(app.host.dataset, { state: state.document ? 'open' : 'empty', tab: state.tab ?? 'parts', kind: state.document ? (isPicture(state.document) ? 'picture' : 'table') : '' });
      app.host.toggleAttribute('data-presenting', state.presenting);
      app.host.toggleAttribute('data-coloured', Boolean(state.document && isColoured(state.document)));
      for (const part of [top, hand, lens, strip]) part.update(state);
      if (!app.options.embedded) document.title = state.document ? `${state.document.source.name} · Mixtura studio` : 'Mixtura studio';
    },
  };
}
