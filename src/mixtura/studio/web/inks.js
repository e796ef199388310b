// The colours of the studio for canvases, and lines that stand out from whatever lies below.

const NAMES_OF_INKS = ['text', 'soft', 'faint', 'line', 'line-strong', 'accent', 'hand', 'raised', 'panel', 'bad'];
const CASING = '#14141ccc';

/** The studio's tokens, as an element has them, and how marks look on a picture or on a plot. */
export function inksOf(element, onPicture, thick = 1) {
  const style = getComputedStyle(element), inks = {thick};
  for (const name of NAMES_OF_INKS) inks[name] = style.getPropertyValue(`--${name}`).trim() || '#808080';
  inks.mark = onPicture ? '#ffffff' : inks.text;
  inks.casing = onPicture ? CASING : inks.raised;
  inks.font = `${Math.round(11 * thick)}px ${style.fontFamily || 'system-ui, sans-serif'}`;
  return inks;
}

/** A line with a casing: wide in one colour, then narrow in the other. */
export function casedStroke(g, inks, width, path) {
  g.beginPath();
  path(g);
  g.strokeStyle = inks.casing;
  g.lineWidth = (width + 2) * inks.thick;
  g.stroke();
  g.strokeStyle = inks.mark;
  g.lineWidth = width * inks.thick;
  g.stroke();
}

/** An ellipse as a subpath of its own. */
export function ellipsePath(g, {x, y, long, short, turn}, sigmas = 1, least = 0) {
  const a = Math.max(least, sigmas * long), b = Math.max(0.75 * least, sigmas * short);
  g.moveTo(x + a * Math.cos(turn), y + a * Math.sin(turn));
  g.ellipse(x, y, a, b, turn, 0, 2 * Math.PI);
}

/** A canvas made ready for CSS pixels: its size, sharp at any density of the screen, and empty. */
export function cleared(canvas, width, height, ratio) {
  const w = Math.max(1, Math.round(width * ratio)), h = Math.max(1, Math.round(height * ratio)), g = canvas.getContext('2d');
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  } else {
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, w, h);
  }
  g.setTransform(w / width, 0, 0, h / height, 0, 0);
  return g;
}

/** Words in a small box that is read on anything, as near to a pixel as the stage allows. */
export function label(g, inks, words, [x, y], {width, height}) {
  g.font = inks.font;
  const wide = g.measureText(words).width + 12, left = Math.min(Math.max(4, x), width - wide - 4), top = Math.min(Math.max(4, y), height - 24);
  g.fillStyle = inks.raised;
  g.strokeStyle = inks['line-strong'];
  g.lineWidth = 1;
  g.beginPath();
  g.roundRect(left + 0.5, top + 0.5, wide, 19, 5);
  g.fill();
  g.stroke();
  g.fillStyle = inks.text;
  g.textAlign = 'left';
  g.textBaseline = 'middle';
  g.fillText(words, left + 6, top + 10.5);
  g.textBaseline = 'alphabetic';
}
