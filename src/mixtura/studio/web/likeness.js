// How like the original the painting is, in dB: measured when all rests, at the picture's size or a quarter of a megapixel.

const MEASURED_PIXELS = 1 << 18, RESTED = 1500;

/** 10 log10(255² / mean square error) over red, green and blue of two RGBA arrays. Pure. */
function decibels(a, b) {
  let sum = 0, n = 0;
  for (let at = 0; at < a.length; at += 4) {
    for (let c = 0; c < 3; c++) { const gap = a[at + c] - b[at + c]; sum += gap * gap; }
    n += 3;
  }
  return sum > 0 ? 10 * Math.log10(255 * 255 * n / sum) : Infinity;
}

/** Measures of an app's painter; told(dB, document) once one is known. */
export function likeness(app, told) {
  let timer = 0, original = null, of = null, done = null;

  async function pixelsOf({ picture }) {
    if (of === picture) return original;
    const scale = Math.min(1, Math.sqrt(MEASURED_PIXELS / (picture.width * picture.height))), [w, h] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
    const bitmap = await createImageBitmap(new Blob([picture.bytes], { type: 'image/png' })), canvas = new OffscreenCanvas(w, h), g = canvas.getContext('2d', { willReadFrequently: true });
    g.drawImage(bitmap, 0, 0, w, h);
    bitmap.close();
    of = picture; original = g.getImageData(0, 0, w, h);
    return original;
  }

  async function measure(document) {
    const { document: now, job } = app.state;
    if (!now || !document.source.picture || now.parts !== document.parts || job || done === document.parts || !app.painter?.thumbnail) return;
    try {
      const there = await pixelsOf(document.source), plain = { ...document.look, sharpen: 1, count: null, tone: { ...document.look.tone, mean: { kind: 'linear', gamma: 1, points: [] } } };
      if (app.state.document?.parts !== document.parts) return;
      const painted = app.painter.aside(() => {
        app.painter.setParts(document.parts, document.axes, { sharpen: 1, count: null, frame: document.source.frame });
        return app.painter.thumbnail('mean', plain, there.width, there.height);
      });
      if (!painted) return;
      done = document.parts;
      told(decibels(painted.data, there.data), document);
    } catch (error) { console.warn(error); }  // a picture that the browser cannot read again has no likeness
  }
  return {
    soon(document) { clearTimeout(timer); timer = setTimeout(measure, RESTED, document); },
    destroy() { clearTimeout(timer); },
  };
}
