// Anti-aliased ellipses, composited in order: splat.py for the screen. A row of pixels is cut into thin strips; the
// chord of the ellipse along each is exact, and so is its overlap with each pixel.

// into: {width, height, pixels: Float32Array of RGBA, multiplied by the opacity}. at: the centre; high: half the height;
// lean: the shift of the chord's middle for each step down; wide: half the chord through the centre; all in pixels.
export function paintEllipse(into, x, y, high, lean, wide, [red, green, blue], opacity, strips = 16) {
  const { width, height, pixels } = into, top = y - high, bottom = y + high;
  if (bottom <= 0 || top >= height) return;
  const left = LEFTS, right = RIGHTS, last = Math.min(Math.floor(bottom), height - 1);
  for (let row = Math.max(0, Math.floor(top)); row <= last; row++) {
    let outer = Infinity, inner = -Infinity, end = Infinity, most = -Infinity;
    for (let j = 0; j < strips; j++) {
      const dy = row - y + (j + 0.5) / strips, ratio = dy / high;
      const half = wide * Math.sqrt(Math.max(0, 1 - ratio * ratio)), middle = x + lean * dy;
      const l = (left[j] = middle - half), r = (right[j] = middle + half);
      if (l < outer) outer = l;
      if (l > inner) inner = l;
      if (r < end) end = r;
      if (r > most) most = r;
    }
    if (most <= 0 || outer >= width) continue;
    const until = Math.min(Math.floor(most), width - 1);
    for (let column = Math.max(0, Math.floor(outer)); column <= until; column++) {
      let share = 1;
      if (column < inner || column + 1 > end) {
        share = 0;
        for (let j = 0; j < strips; j++) {
          const overlap = Math.min(right[j], column + 1) - Math.max(left[j], column);
          if (overlap > 0) share += overlap;
        }
        share /= strips;
      }
      const cover = share * opacity, keep = 1 - cover, at = 4 * (row * width + column);
      pixels[at] = pixels[at] * keep + cover * red; pixels[at + 1] = pixels[at + 1] * keep + cover * green;
      pixels[at + 2] = pixels[at + 2] * keep + cover * blue; pixels[at + 3] = pixels[at + 3] * keep + cover;
    }
  }
}

const LEFTS = new Float64Array(16), RIGHTS = new Float64Array(16);

export const blankMarks = (width, height) => ({ width, height, pixels: new Float32Array(4 * width * height) });

// The same with bytes.
export function byteMarks({ width, height, pixels }) {
  const bytes = new Uint8Array(pixels.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = pixels[i] * 255 + 0.5;
  return { width, height, bytes };
}
