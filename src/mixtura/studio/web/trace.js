// The trace: log likelihood a point against iterations, over all fits of the line shown; edits are diamonds.

import { attribute, dragged, el, fill, svg } from './dom.js';
import { decimal, ticks } from './format.js';
import { lineOf } from './history.js';
import { pathOf } from './curves.js';

// What stands where a line breaks off and no diamond does: for those who point there, and before and after it.
const BREAKS = {
  fit: ['Another fit begins here.'], points: ['Before it, EM had a sample of the pixels; from here on it has all of them.', 'a sample', 'all pixels'],
};

/**
 * The line of a history as a trace: points {x, value, iteration, entry, step, likeness, breaks} with step null where only its
 * number was kept, diamonds {x, value, entry, label, count}, where the head stands, and the longest x. Pure.
 *
 * likeness: whether the value is that of a painting, in dB. breaks: why a point does not follow from the one before, by a
 * step of EM: 'edit', of the mixture by hand; 'fit', another one; 'points', the same one has come to others, as that of a
 * picture does, which begins with a sample of the pixels. null where it follows.
 */
export function traceOf(history) {
  const points = [], diamonds = [], line = lineOf(history).map((id) => history.entries[id]);
  let base = 0, head = null, before = null, fitBefore = null, edits = false;
  line.forEach((entry, place) => {
    const next = line[place + 1], until = next && next.from !== null ? next.from : Infinity, here = entry.id === history.at;
    if (entry.kind === 'fit' && entry.trace.length) {
      const first = entry.trace[0][0], start = points.length || diamonds.length ? base + 1 - first : 0;
      const kept = new Map(entry.steps.map((step, j) => [step.iteration, j]));
      let stage = fitBefore?.trace.at(-1)[2] ?? 0, breaks = points.length === 0 ? null : edits ? 'edit' : goesOn(entry, fitBefore, stage) ? null : 'fit';
      for (const [iteration, value, of = 0] of entry.trace) {
        if (iteration > until) break;
        if (iteration !== first && of !== stage) breaks = 'points';
        points.push({ x: start + iteration, value, iteration, entry: entry.id, step: kept.get(iteration) ?? null, likeness: !!entry.document.fit?.polish, breaks });
        [stage, breaks] = [of, null];
      }
      [fitBefore, edits] = [entry, false];
      base = points[points.length - 1].x;
      if (here) {
        const at = history.seek === null ? entry.trace[entry.trace.length - 1][0] : entry.steps[history.seek].iteration;
        head = points.find((point) => point.entry === entry.id && point.iteration === at) ?? points[points.length - 1];
      }
    } else if (before && entry.kind === 'edit' && entry.document.parts !== before.document.parts && before.document.parts) {
      const last = diamonds[diamonds.length - 1];
      edits = true;
      if (last && last.x === base + 0.5) { last.count += 1; last.entry = entry.id; last.label = `${last.count} edits by hand`; }
      else diamonds.push({ x: base + 0.5, value: points[points.length - 1]?.value ?? null, likeness: points[points.length - 1]?.likeness ?? false, entry: entry.id, label: entry.label, count: 1 });
    }
    if (here && !head) head = diamonds.length && diamonds[diamonds.length - 1].x > base ? { x: base + 0.5, value: null, entry: entry.id, iteration: null } : points[points.length - 1] ?? null;
    before = entry;
  });
  return { points, diamonds, head, end: Math.max(base, diamonds[diamonds.length - 1]?.x ?? 0) };
}

/** Whether a fit begins where the one before it on the line was, on the same points, and climbs the same. */
function goesOn({ document: { fit }, trace: [[, , stage = 0]] }, before, last) {
  const was = before.document.fit;
  return !!fit?.continued && stage === last && ['covariance_type', 'prior', 'polish'].every((key) => fit[key] === was?.[key]);
}

/** The pieces of a trace, from break to break. */
export function piecesOf(points) {
  const pieces = [];
  for (const point of points) {
    if (point.breaks || !pieces.length) pieces.push([]);
    pieces.at(-1).push(point);
  }
  return pieces;
}

/** Where one can go on a trace, from left to right: {x, entry, step}. */
export function stopsOf({ points, diamonds }) {
  const stops = points.filter((point) => point.step !== null).map(({ x, entry, step }) => ({ x, entry, step }));
  return [...stops, ...diamonds.map(({ x, entry }) => ({ x, entry, step: null }))].sort((a, b) => a.x - b.x);
}

/** The stop nearest to x. */
export function nearestStop(stops, x) {
  return stops.reduce((best, stop) => (Math.abs(stop.x - x) < Math.abs(best.x - x) ? stop : best), stops[0]);
}

/** The values that a trace's height stands for: the early rise is left out where it would flatten the rest. */
function traceHeights(points) {
  const values = points.map((point) => point.value).filter(Number.isFinite), high = values.reduce((a, b) => Math.max(a, b), -Infinity), low = values.reduce((a, b) => Math.min(a, b), Infinity);
  return values.length ? [low, high > low ? high : low + 1e-9 * Math.max(1, Math.abs(low))] : [0, 1];
}

/** The trace: app -> view. go(stop) is asked to show a stop. */
export function trace(app, go) {
  const sheet = svg('svg', { role: 'slider', tabindex: 0, 'aria-label': 'Iterations: arrows and drag go back to an earlier one', 'aria-valuemin': 0 });
  const element = el('div', { class: 'trace' }, sheet);
  let now = { points: [], diamonds: [], head: null, end: 0 }, stops = [], placed = () => 0, drawnOf = null, read = null;

  const scrub = (event) => {
    const stop = stops.length && nearestStop(stops, placed(event.clientX - sheet.getBoundingClientRect().left));
    if (stop) go(stop);
  };
  sheet.addEventListener('pointerdown', (event) => {
    if (event.button > 0 || !stops.length) return;
    event.preventDefault(); sheet.focus(); scrub(event);
    dragged(sheet, event, scrub);
  });
  sheet.addEventListener('keydown', (event) => {
    catchUp();  // keys may come faster than frames
    const at = stops.findIndex((stop) => now.head && stop.x >= now.head.x - 1e-9), here = at < 0 ? stops.length - 1 : at;
    const to = { ArrowLeft: here - 1, ArrowDown: here - 1, ArrowRight: here + 1, ArrowUp: here + 1, PageUp: here + 10, PageDown: here - 10, Home: 0, End: stops.length - 1 }[event.key];
    if (to === undefined || !stops.length) return;
    event.preventDefault(); event.stopPropagation();
    go(stops[Math.min(stops.length - 1, Math.max(0, to))]);
  });

  function catchUp() {
    const { history } = app.state;
    if (history === read) return;
    read = history;
    now = history.entries.length ? traceOf(history) : { points: [], diamonds: [], head: null, end: 0 };
    stops = stopsOf(now);
  }

  function draw() {
    const wide = Math.max(120, element.clientWidth), high = Math.max(40, element.clientHeight), small = high < 90;
    const right = 22, top = small ? 12 : 24, bottom = small ? 12 : 24;
    const { points, diamonds, head, end } = now, likeness = head?.likeness ?? points.at(-1)?.likeness ?? false, span = Math.max(10, Math.ceil(end * 1.22));
    const unit = likeness ? 'likeness of the painting, dB' : 'log likelihood a point';
    const heights = [false, true].map((which) => traceHeights(points.filter((point) => point.likeness === which))), [low, most] = heights[Number(likeness)];
    const digits = Math.min(4, Math.max(1, 2 - Math.floor(Math.log10(Math.max(most - low, 1e-9))))), labels = [...new Set([most, low].map((v) => decimal(v, digits)))];
    const left = small ? 14 : Math.max(58, 18 + 6.8 * Math.max(...labels.map((text) => text.length)));
    const x = (i) => left + (wide - left - right) * i / span, y = (v, of = likeness) => { const [least, best] = heights[Number(of)]; return top + (high - top - bottom) * (1 - (v - least) / (best - least)); };
    placed = (px) => (px - left) / (wide - left - right) * span;
    attribute(sheet, 'viewBox', `0 0 ${wide} ${high}`);
    const parts = [];
    if (!small) {
      if (points.length) labels.forEach((text, j) => parts.push(svg('path', { class: 'tick', d: `M${left} ${y(j ? low : most)}H${wide - right}` }), svg('text', { x: left - 8, y: y(j ? low : most) + 4, 'text-anchor': 'end' }, text)));
      for (const i of ticks(0, span, wide < 420 ? 4 : 9)) parts.push(svg('text', { x: x(i), y: high - 6, 'text-anchor': 'middle' }, decimal(i)));
    }
    const until = points.filter((point) => head && point.x <= head.x), map = (list) => list.map((point) => [x(point.x), y(point.value, point.likeness)]);
    for (const piece of piecesOf(points)) if (piece.length > 1) parts.push(svg('path', { class: 'ahead', d: pathOf(map(piece)) }));
    for (const piece of piecesOf(until)) {
      const line = pathOf(map(piece));
      if (piece.length < 2) { const [[cx, cy]] = map(piece); parts.push(svg('circle', { class: 'path', cx, cy, r: 1 })); continue; }
      parts.push(svg('path', { class: 'area', d: `${line}L${x(piece[piece.length - 1].x)} ${high - bottom}L${x(piece[0].x)} ${high - bottom}Z` }), svg('path', { class: 'path', d: line }));
    }
    for (const { x: first, breaks } of points) {
      if (!BREAKS[breaks]) continue;
      const at = x(first - 0.5), [words, was, is] = BREAKS[breaks];
      parts.push(svg('path', { class: 'stageline', d: `M${at} ${top}V${high - bottom}` }, svg('title', {}, words)));
      if (!small && was && wide > 420) parts.push(svg('text', { x: at - 8, y: high - bottom - 8, 'text-anchor': 'end' }, was), svg('text', { x: at + 8, y: high - bottom - 8 }, is));
    }
    let free = -Infinity;
    for (const diamond of diamonds) {
      const ex = x(diamond.x), ey = diamond.value === null ? (top + high - bottom) / 2 : y(diamond.value, diamond.likeness);
      parts.push(svg('path', { class: 'editline', d: `M${ex} ${top}V${high - bottom}` }), svg('path', { class: 'edit', d: `M${ex} ${ey - 5}l5 5-5 5-5-5z` }, svg('title', {}, diamond.label)));
      if (!small && ex + 9 > free) {
        parts.push(svg('text', { class: 'edittext', x: ex + 9, y: high - bottom - 8 }, diamond.label));
        free = ex + 20 + 6 * diamond.label.length;
      }
    }
    if (!small && wide > 560 && points.length && free < wide - right - 7 * unit.length) parts.push(svg('text', { x: wide - right, y: high - bottom - 8, 'text-anchor': 'end' }, unit));
    if (head) {
      const hx = x(head.x), level = head.value ?? until[until.length - 1]?.value ?? null, hy = level === null ? (top + high - bottom) / 2 : y(level, head.likeness ?? until.at(-1)?.likeness), late = hx > wide * 0.72;
      parts.push(svg('path', { class: 'head', d: `M${hx} ${top - 8}V${high - bottom}` }), svg('circle', { class: head.iteration === null ? 'knob hand' : 'knob', cx: hx, cy: hy, r: 5 }));
      if (!small && head.value !== null) parts.push(svg('text', { class: 'now', x: hx + (late ? -8 : 8), y: top - 4, 'text-anchor': late ? 'end' : 'start' }, decimal(head.value, most - low < 0.1 ? 4 : 3)));
    }
    if (!points.length && !diamonds.length) parts.push(svg('text', { class: 'waiting', x: wide / 2, y: high / 2 + 4, 'text-anchor': 'middle' }, small ? '' : 'The likelihood of each step will stand here'));
    fill(sheet, parts);
    const stop = head ? stops.findIndex((one) => one.x >= head.x - 1e-9) : -1;
    attribute(sheet, 'aria-valuemax', Math.max(0, stops.length - 1));
    attribute(sheet, 'aria-valuenow', Math.max(0, stop));
    attribute(sheet, 'aria-disabled', stops.length ? null : true);
    attribute(sheet, 'aria-valuetext', !head ? 'no fit yet' : head.value === null || head.iteration === null ? 'after an edit by hand' : `iteration ${head.iteration}, ${unit} ${decimal(head.value, 4)}`);
  }

  function update(state, before) {
    if (before && before.history === state.history && drawnOf === `${element.clientWidth} ${element.clientHeight}`) return;
    catchUp();
    drawnOf = `${element.clientWidth} ${element.clientHeight}`;
    draw();
  }
  const watcher = new ResizeObserver(() => update(app.state, null));
  watcher.observe(element);
  return { element, update, get now() { return now; }, destroy() { watcher.disconnect(); } };
}
