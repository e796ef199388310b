// A studio with an engine that says nothing and a painter that paints nothing, for the tests of its stage.
import {mount} from './studio.js';
import {newDocument} from './document.js';

const said = [];
const transport = {
  send(head) {
    said.push(head);
    return true;
  },
  onmessage: null,
  onstate: null,
  close() {},
  again() {},
};
const {app} = mount(globalThis.document.body, transport, {});
app.dispatch({type: 'welcome', engine: 'server', can: ['fit', 'score'], samples: [], limits: {}});
app.painter.draw = () => {}; // what is painted has tests of its own
app.painter.thumbnail = (style, look, width, height) => new ImageData(width, height);
app.said = said;

/** Components in a row, of deviations 0.5 and 0.25 (of 30 and 15 in a picture), and points around them. */
app.begin = (kind, k = 4) => {
  const picture = kind === 'picture', d = picture ? 5 : kind === 'line' ? 1 : 2, s = picture ? 60 : 1;
  const weights = new Float64Array(k).fill(1 / k), means = new Float64Array(k * d);
  const factors = new Float64Array(k * d * d), points = new Float64Array(20 * k * d);
  for (let i = 0; i < k; i++) {
    means.set([s * (1 + 2 * i), s * 2, 200, 120, 60 * i].slice(0, d), i * d);
    for (let j = 0; j < d; j++) {
      factors[(i * d + j) * d + j] = j > 1 ? 9 : s * (j ? 0.25 : 0.5);
      for (let n = 0; n < 20; n++) points[(i * 20 + n) * d + j] = means[i * d + j] + s * Math.sin(n * (j + 1) + i);
    }
  }
  const source = {
    id: kind, kind: picture ? 'model' : 'table', name: kind, columns: ['x', 'y', 'red', 'green', 'blue'].slice(0, d),
    n: 20 * k, d, frame: picture ? [0, 0, 480, 240] : null, picture: null, threshold: null, points, whole: true,
    types: null, allColumns: [],
  };
  app.dispatch({type: 'open', document: newDocument(source, {k, d, weights, means, factors})});
  app.dispatch({type: 'tool', tool: 'select'});
  said.length = 0;
};

/** The mixture with other means. */
app.moved = (label, change) => {
  const {document} = app.state, means = document.parts.means.map(change);
  app.dispatch({type: 'edit', label, document: {...document, parts: {...document.parts, means}}});
};

const onStage = (x, y) => {
  const box = app.stage.element.getBoundingClientRect();
  return [x - box.left, y - box.top];
};

/** What of the plane is at a place of the screen. */
app.under = (x, y) => app.place.toPicture(onStage(x, y));

/** The largest opacity of a layer around a place of the screen. */
app.opacity = (name, x, y, reach = 2) => {
  const layer = app.stage.element.querySelector(`canvas.${name}`), n = 2 * reach + 1;
  const r = layer.width / app.stage.element.clientWidth, [left, top] = onStage(x, y).map((v) => v * r - reach);
  const g = Object.assign(globalThis.document.createElement('canvas'), {width: n, height: n}).getContext('2d');
  g.drawImage(layer, left, top, n, n, 0, 0, n, n);
  return g.getImageData(0, 0, n, n).data.reduce((most, v, i) => (i % 4 === 3 ? Math.max(most, v) : most), 0);
};

/** From now on, in which order the overlay is drawn and the painter called. */
app.spied = () => {
  const g = app.stage.element.querySelector('canvas.over').getContext('2d'), clear = g.clearRect, found = [];
  g.clearRect = (...box) => {
    found.push('overlay');
    clear.apply(g, box);
  };
  app.painter.draw = (given, {quick}) => {
    if (quick) found.push('painter');
  };
  app.found = found;
};
