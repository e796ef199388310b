// The studio, mounted into an element: one store, one engine behind a transport, and the views of both.

import { askPanel } from './ask.js';
import { commandLine } from './command.js';
import { el } from './dom.js';
import { fitPanel, timeStrip } from './fit.js';
import { freshState, reduce } from './history.js';
import { keeper } from './keep.js';
import { keys } from './keys.js';
import { look } from './look.js';
import { notices } from './notices.js';
import { opener } from './open.js';
import { painter } from './painter.js';
import { partsPanel } from './parts.js';
import { shell } from './shell.js';
import { stage } from './stage.js';
import { makeStore } from './store.js';
import { taker } from './take.js';
import { talk } from './talk.js';

/**
 * The studio in `element`, with an engine behind `transport`. Options: `token` (said with hello), `embedded` (a cell of a
 * notebook: a height of its own, nothing kept), `height`, `theme`, `link` (what the page's address asks for), `pictures`
 * ({begin, samples}: how one begins with a picture, and small ones of the samples; without it, tables alone are opened).
 */
export function mount(element, transport, options = {}) {
  const root = el('div', { class: 'mixtura-studio' });
  const host = el('div', { class: 'studio' });
  if (options.embedded) root.style.height = `${options.height ?? 560}px`;
  root.append(host);
  element.append(root);

  const store = makeStore({ ...freshState(), theme: options.theme ?? null }, reduce);
  const ends = [];
  let job = 0;
  const app = {
    root, host, options,
    get state() { return store.state; },
    dispatch: store.dispatch, on: store.on, emit: store.emit,
    job: () => (job += 1),
    /** A listener on something outside of the studio, which `destroy` takes away. */
    listen(target, kind, listener, how) {
      target.addEventListener(kind, listener, how);
      ends.push(() => target.removeEventListener(kind, listener, how));
    },
    view(view) {
      ends.push(() => view.destroy?.());
      return store.add(view);
    },
  };

  root.studio = app;  // for those who look at a page from its console

  const canvas = el('canvas', { class: 'sheet' });
  const repaint = () => app.emit('repaint');
  app.painter = Object.assign(painter(canvas, { onlost: repaint, onrestored: repaint }), { canvas });
  ends.push(() => app.painter.destroy());

  const line = talk(app, transport);
  app.on('welcomed', (welcome) => { job = Math.max(job, welcome.job ?? 0); });  // numbers that the engine knows are taken
  app.send = line.send;
  app.request = line.request;
  app.hurry = line.hurry;
  ends.push(line.close);

  app.stage = app.view(stage(app, app.painter));
  app.place = app.stage.place;
  const panels = { look: [look], parts: [partsPanel, askPanel, fitPanel], time: [timeStrip], line: [commandLine] };
  const regions = Object.fromEntries(Object.entries(panels).map(([name, views]) => [name, views.map((view) => app.view(view(app)).element)]));
  app.view(shell(app, { ...regions, stage: [app.stage.element] }));
  app.view(notices(app));
  app.view(opener(app));
  app.view(taker(app));
  app.view(keys(app));
  app.view(keeper(app));

  return {
    app,
    destroy() {
      for (const end of ends.reverse()) end();
      store.end();
      root.remove();
    },
  };
}
