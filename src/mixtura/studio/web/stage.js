// The stage: its canvases and their size, the eye, one drawing a frame, quick while something moves and sharp at rest.
import {drawAxes, drawMargins} from './axes.js';
import {divider} from './divider.js';
import {isPicture} from './document.js';
import {beforeOf} from './history.js';
import {el, say} from './dom.js';
import {ellipseOf, flatOf} from './flat.js';
import {gestures} from './gestures.js';
import {bumpHandlesOf, frameOf, handlesOf} from './handles.js';
import {cleared, inksOf} from './inks.js';
import {bumpTop, drawMarks} from './marks.js';
import {drawOverlay} from './overlay.js';
import {placeOf, zoomedEye} from './place.js';
import {pointLayer} from './points.js';
import {at, paintedSheet} from './sheets.js';
import {listOf} from './spoken.js';
import {strokes} from './strokes.js';

const PIXELS_SEEN = 0.34; // units a pixel from which a picture's own pixels are shown
const BUMP_ROOM = 34; // pixels for the handles of a bump that is higher than the stage
const MANY_MARKS = 1000; // components from which on what moves is drawn over what stood there before
const TOOLS_ASIDE = 768; // pixels of the studio from which on its tools stand at the left
const THICK = 1.4; // of lines and words in a presentation

/** The view of the picture or plot, over the one painter. place: {toScreen, toPicture, unit, units, zoom(factor, at), whole()}. */
export function stage(app, painter) {
  const layer = (name) => {
    const made = el('canvas', {class: `layer ${name}`, 'aria-hidden': 'true'});
    made.getContext('2d', {willReadFrequently: painter?.software === true}); // which is ten times as fast as a graphics card in software
    return made;
  };
  const paper = el('div', {class: 'paper'}), original = el('img', {class: 'original', alt: '', draggable: 'false'});
  const [other, grid, dots, marks, over] = ['other', 'grid', 'points', 'marks', 'over'].map(layer), sheet = painter.canvas;
  const surface = el('div', {class: 'surface', role: 'application', tabindex: '0', 'aria-label': 'Picture and its components. Arrow keys move what is selected, brackets go to the next component.'}, over);
  const words = listOf(surface), compared = el('div', {class: 'compared', hidden: true}), line = divider(app, now);
  surface.append(...words.elements);
  const element = el('div', {class: 'stage-view'}, paper, sheet, other, original, grid, dots, marks, surface, line.element, compared);

  let width = 0, height = 0, aside = true, frame = 0, inks = null, address = null, picture = null, ended = false;
  const before = {place: [], grid: [], marks: []};
  const points = pointLayer(dots, later);

  /** Whether what a drawing depends on has changed since the last time. */
  function changed(name, key) {
    const last = before[name];
    before[name] = key;
    return last.length !== key.length || key.some((value, i) => value !== last[i]);
  }

  let standing = null;
  /** Where the document stands at this moment. */
  function now() {
    const {document, eye} = app.state;
    if (changed('place', [document?.source, document?.range, document?.axes, eye, width, height, aside]) && document) standing = placeOf(document, eye, width, height, aside);
    return standing;
  }

  let handled = {key: [], held: null};
  /** The handles of what is selected, where it can be taken hold of. */
  function held() {
    const {document, selection, tool} = app.state;
    if (tool !== 'select' || !selection.length || !document?.parts || blind()) return null;
    const place = now(), key = [document.parts, document.axes, selection, place];
    if (key.some((value, i) => value !== handled.key[i])) handled = {key, held: handlesFor(document, selection, place)};
    return handled.held;
  }

  const blind = () => app.state.document?.look.view === 'original' && app.state.document.source.picture !== null;
  const view = {
    surface, later, get inks() { return inks; }, get place() { return now(); }, get held() { return held(); }, get blind() { return blind(); },
    placeAt: (eye) => placeOf(app.state.document, eye, width, height, aside),
    leave: () => hands.leave(), asked: askedOfSelected,
  };
  const hands = gestures(app, surface, view), painting = paintedSheet(app, painter, other, view);
  strokes(app, view);

  /** Asks about the mean of what is selected. */
  function askedOfSelected() {
    const {document, selection} = app.state;
    if (app.state.tool !== 'ask' || !selection.length) return false;
    const flat = flatOf(document), i = selection.at(-1);
    app.dispatch({type: 'ask', ask: {place: [flat[6 * i], flat[6 * i + 1]].slice(0, document.axes.length)}});
    return true;
  }

  function later() {
    if (!frame && !ended) frame = requestAnimationFrame(render);
  }

  function render() {
    cancelAnimationFrame(frame);
    frame = 0;
    const {document} = app.state;
    element.hidden = !document;
    if (!document || width < 1 || height < 1) return;
    const place = now(), ratio = globalThis.devicePixelRatio || 1;
    inks ??= inksOf(app.root, isPicture(document), app.state.presenting ? THICK : 1);
    const past = app.state.compare === null ? null : app.state.history.entries[app.state.compare]?.document;
    const beside = past && past.parts && past.source === document.source ? {...document, parts: past.parts, hidden: past.hidden, colours: past.colours, pins: past.pins} : null;
    layOut(document, place, beside);
    drawLayers(document, place, ratio, beside);
    drawTop(document, place, ratio);
    painting.update(document, place, ratio, beside);
    words.update(app.state);
  }

  /** The sheet's shadow, the original, and the line between. */
  function layOut(document, place, beside) {
    const [x, , wide] = place.sheet, {look, parts} = document, has = document.source.picture !== null;
    at(paper, place.sheet);
    if (has && picture !== document.source.picture) showOriginal(document.source.picture);
    const share = beside ? look.split : !has ? 0 : !parts || look.view === 'original' ? 1 : look.view === 'split' ? look.split : 0;
    original.hidden = !has || share === 0 || Boolean(beside);
    if (!original.hidden) {
      at(original, place.sheet);
      original.style.clipPath = `inset(0 ${100 * (1 - share)}% 0 0)`;
      original.style.imageRendering = place.unit < PIXELS_SEEN ? 'pixelated' : 'auto';
    }
    const cut = x + share * wide, [left, top, w, h] = place.shown;
    marks.style.clipPath = isPicture(document) && !beside ? `inset(${top}px ${width - left - w}px ${height - top - h}px ${Math.min(left + w, Math.max(left, cut))}px)` : 'none';
    line.update(cut, document, place, Boolean(beside) || (share > 0 && share < 1) || (has && parts !== null && look.view === 'split'));
    compared.hidden = !beside;
    if (beside) say(compared, comparedWords(app.state));
  }

  function showOriginal(next) {
    if (address) URL.revokeObjectURL(address);
    picture = next;
    const file = new Blob([next.bytes], {type: 'image/png'}), reader = new FileReader();
    address = URL.createObjectURL(file);
    reader.onload = () => { if (picture === next) original.src = reader.result; };
    original.onerror = () => {  // some notebooks' policies take no pictures from blob:
      original.onerror = null;
      reader.readAsDataURL(file);
    };
    original.src = address;
  }

  function drawLayers(document, place, ratio, beside) {
    const {parts, axes, look, hidden, pins, colours} = document, plot = !isPicture(document);
    grid.hidden = !plot;
    const still = hands.busy !== null && parts?.k > MANY_MARKS; // so many wait until the hand rests
    if (plot && !(still && before.grid.length && before.grid[4] === place) && changed('grid', [parts, axes, hidden, look.count, place, ratio, inks])) {
      const g = cleared(grid, width, height, ratio);
      drawAxes(g, document, place, inks);
      if (parts) drawMargins(g, document, place, inks);
    }
    points.draw(document, place, ratio, still);
    const without = !still && hands.busy && hands.busy !== 'pan' && hands.busy !== 'pinch' ? app.state.selection : null;
    marks.hidden = blind() || !parts;
    const drawn = frozen(still) ? before.marks.slice(0, 1) : [parts];
    if (marks.hidden || !changed('marks', [...drawn, axes, hidden, pins, colours, look.ellipses, look.count, look.style, place, ratio, inks, without, beside, beside && look.split])) return;
    const g = cleared(marks, width, height, ratio), [x, y, wide, high] = place.sheet, none = new Set(), cut = x + look.split * wide;
    const part = (one, left, right, hide) => {
      g.save();
      g.beginPath();
      g.rect(left, y, right - left, high);
      g.clip();
      drawMarks(g, one, place, inks, hide);
      g.restore();
    };
    part(document, beside ? cut : x, x + wide, without ? new Set(without) : none);
    if (beside) part(beside, x, cut, none);
  }

  /** While handles are dragged, all that is not selected stays as it is on the screen; `still`, all that was there. */
  function frozen(still) {
    return hands.busy !== null && before.marks.length > 0 && (still || app.state.selection === before.marks[11]) && before.marks[0]?.k === app.state.document.parts.k;
  }

  function drawTop(document, place, ratio) {
    const {hover, selection, ask, tool} = app.state, g = cleared(over, width, height, ratio);
    const inside = hands.pointer && tool === 'ask' && hands.busy !== 'ask' ? place.toPicture(hands.pointer)[0] : null;
    const slice = document.axes.length === 2 && !isPicture(document) && document.parts ? inside ?? ask?.place?.[0] ?? null : null;
    if (blind()) return;
    drawOverlay(g, document, place, inks, {hover, selection, ask, slice, doing: hands.doing, held: hands.doing?.held ?? held()});
  }

  function fresh() {
    inks = null;
    later();
  }
  const sizes = new ResizeObserver(([entry]) => {
    width = Math.round(entry.contentRect.width);
    height = Math.round(entry.contentRect.height);
    aside = app.root.clientWidth >= TOOLS_ASIDE;
    render();
    app.emit?.('sized');
  });
  sizes.observe(element);
  const themes = new MutationObserver(fresh);
  themes.observe(app.root, {attributes: true, attributeFilter: ['data-theme']});
  const silent = app.on('repaint', () => {
    painting.again();
    fresh();
  });

  const place = {
    toScreen: (point) => now().toScreen(point), toPicture: (pixel) => now().toPicture(pixel),
    get unit() { return now()?.unit; }, get units() { return now()?.units; }, get window() { return now()?.window; },
    zoom(factor, pixel) { if (now()) app.dispatch({type: 'eye', eye: zoomedEye(now(), factor, pixel)}); },
    whole() { app.dispatch({type: 'eye', eye: null}); },
  };
  return {
    element, place, surface, get held() { return held(); }, get rested() { return frame === 0 && painting.rested; },
    update(state, last) {
      if (last && (state.presenting !== last.presenting || (state.document && last.document && state.document.source !== last.document.source))) inks = null;
      render();
    },
    destroy() {
      ended = true;
      cancelAnimationFrame(frame);
      painting.destroy();
      sizes.disconnect();
      themes.disconnect();
      silent();
      if (address) URL.revokeObjectURL(address);
      element.remove();
    },
  };
}

/** What is seen left of the line: an entry of the history, or what was before the last change. */
function comparedWords({history, compare}) {
  const {entries, line} = history, next = compare === beforeOf(history) ? entries[line[line.indexOf(compare) + 1]] : null;
  return next ? `Left: before “${next.label}”` : `Left: after “${entries[compare].label}”`;
}

function handlesFor(document, selection, place) {
  const flat = flatOf(document), i = selection[0];
  if (document.axes.length === 1) {
    if (selection.length > 1) return null;
    const [x, y] = bumpTop(document, place, i);
    return bumpHandlesOf([x, Math.max(y, place.sheet[1] + BUMP_ROOM)], place.toScreen([0, 0])[1], Math.sqrt(flat[6 * i + 2]) / place.unit, flat[6 * i + 5], place.free);
  }
  if (selection.length === 1) return handlesOf(ellipseOf(flat, i, place), flat[6 * i + 5], place.free);
  return frameOf(selection.map((one) => ellipseOf(flat, one, place)), place.free);
}
