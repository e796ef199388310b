// The line between the original and the painted picture: a slider that one drags over the stage.
import {attribute, dragged, el, svg} from './dom.js';

const STEP_OF = {ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01, PageDown: -0.1, PageUp: 0.1};

/** The divider; `place()` is where the picture stands now. */
export function divider(app, placeNow) {
  const element = el('div', {class: 'divider', role: 'slider', tabindex: '0', 'aria-label': 'How much of the original is seen', 'aria-valuemin': '0', 'aria-valuemax': '100'},
    svg('svg', {viewBox: '0 0 18 30', 'aria-hidden': 'true'}, svg('path', {d: 'M6.800 11 4 15l2.800 4M11.200 11l2.800 4-2.800 4'})));
  const to = (split) => app.dispatch({type: 'look', look: {split: Math.min(1, Math.max(0, split))}, label: 'Divider'});

  element.addEventListener('pointerdown', (event) => {
    if (event.button > 0) return;
    const before = app.state.document.look.split, start = event.clientX;
    event.preventDefault();
    element.focus({preventScroll: true});
    dragged(element, event, (now) => to(before + (now.clientX - start) / placeNow().sheet[2]), (_, kept) => {
      if (!kept) to(before);
      app.dispatch({type: 'rest'});
    });
  });
  element.addEventListener('keydown', (event) => {
    const split = event.key === 'Home' ? 0 : event.key === 'End' ? 1 : app.state.document.look.split + (STEP_OF[event.key] ?? NaN) * (event.shiftKey ? 10 : 1);
    if (Number.isNaN(split) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    to(split);
  });
  element.addEventListener('keyup', () => app.dispatch({type: 'rest'}));

  return {
    element,
    /** Shown at a pixel of the stage, or hidden where there is nothing to divide. */
    update(x, {look}, place, shown) {
      element.hidden = !shown;
      if (!shown) return;
      const [, top, , high] = place.shown;
      Object.assign(element.style, {left: `${x}px`, top: `${top}px`, height: `${high}px`});
      attribute(element, 'aria-valuenow', String(Math.round(100 * look.split)));
      attribute(element, 'aria-valuetext', `${Math.round(100 * look.split)} % of the width`);
    },
  };
}
