// A plot as a picture of any size, as the stage shows it whole: for where nobody but the page can draw.
import {drawAxes, drawMargins} from './axes.js';
import {inksOf} from './inks.js';
import {drawMarks} from './marks.js';
import {placeOf} from './place.js';
import {colouring, splatPoints} from './points.js';
import {imageOf, paints} from './sheets.js';

const PLOT_WIDE = 960; // CSS pixels: the larger the file, the finer it is, and words stay as large beside the plot

/** A document drawn on a canvas. */
export function drawPlot(canvas, app, document) {
  const {width, height} = canvas, ratio = width / PLOT_WIDE, inks = inksOf(app.root, false), g = canvas.getContext('2d');
  const place = placeOf(document, null, PLOT_WIDE, height / ratio), [left, top, wide, high] = place.shown;
  g.fillStyle = inks.panel;
  g.fillRect(0, 0, width, height);
  g.fillStyle = inks.raised;
  g.fillRect(...place.sheet.map((side) => side * ratio));
  if (paints(document)) {
    const image = app.painter.aside(() => imageOf(app.painter, document, place, inks, ratio));
    laid(g, image, left * ratio, top * ratio);
  }
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawAxes(g, document, place, inks);
  drawMargins(g, document, place, inks);
  if (document.source.points?.length && document.axes.length === 2) {
    const colours = new Uint32Array(document.source.points.length / document.source.d), dots = new ImageData(width, height);
    colouring(document, colours).go(Infinity);
    splatPoints(dots, document, place, colours, ratio);
    laid(g, dots, 0, 0);
  }
  g.beginPath();
  g.rect(left, top, wide, high);
  g.clip();
  drawMarks(g, document, place, inks, new Set());
}

/** An image over what is there. */
function laid(g, image, x, y) {
  const between = new OffscreenCanvas(image.width, image.height);
  between.getContext('2d').putImageData(image, 0, 0);
  g.save();
  g.resetTransform();
  g.drawImage(between, x, y);
  g.restore();
}
