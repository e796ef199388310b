// The components that a picture shows, as the painter works with them: heaviest first, those of weight 0 and the hidden
// ones left out, in float64. A record is {count, colour, id, log, x, y, xx, xy, rest}, rest being the variance of y given
// x, and, where it has colours, mean (3 a component, in 0..1) and tied (3 x 2: their covariances with the place).

// Those that nothing is known of yet.
export function emptyGaussians(count, colour) {
  const made = { count, colour, id: new Int32Array(count), mean: new Float64Array(colour ? 3 * count : 0) };
  for (const name of ['log', 'x', 'y', 'xx', 'xy', 'rest']) made[name] = new Float64Array(count);
  return { ...made, tied: new Float64Array(colour ? 6 * count : 0) };
}

// The same as a screen sees them: the place in pixels from its corner, which lies at (left, top) in the plane, a pixel
// being across x down units; down < 0 where y points up. A pixel that is wider than 1 sees them blurred by its width,
// as `draw` does. Of each: u = a dx, v = b dx + c dy are standard normal, and s is the log density at its mean.
export function seenGaussians(from, { left, top, across, down, sharpen = 1, count = null, blur = null }) {
  const n = Math.min(count ?? from.count, from.count);
  const seen = { count: n, colour: from.colour, id: from.id };
  for (const name of ['x', 'y', 's', 'a', 'b', 'c']) seen[name] = new Float64Array(n);
  if (from.colour) { seen.mean = from.mean; seen.gain = new Float64Array(6 * n); }
  const wider = (unit) => Math.max(0, (blur ?? Math.abs(unit)) ** 2 - 1) / 12;
  const more = wider(across), taller = wider(down);
  for (let k = 0; k < n; k++) {
    const narrow = sharpen * from.xx[k], xx = narrow + more, xy = sharpen * from.xy[k];
    // What is left of y when x is known grows from the thin width that is known well.
    const rest = sharpen * from.rest[k] + taller + (xy * xy * more) / (narrow * xx);
    const l = Math.sqrt(xx), m = Math.sqrt(rest);
    seen.x[k] = (from.x[k] - left) / across; seen.y[k] = (from.y[k] - top) / down;
    seen.a[k] = across / l; seen.b[k] = (-xy * across) / (xx * m); seen.c[k] = down / m;
    seen.s[k] = from.log[k] - Math.log(l * m);
    if (!from.colour) continue;
    for (let e = 0; e < 3; e++) {
      const p = sharpen * from.tied[6 * k + 2 * e], q = sharpen * from.tied[6 * k + 2 * e + 1];
      const along = (q - (p * xy) / xx) / rest;  // the slope in y; x has what remains
      seen.gain[6 * k + 2 * e] = (across * (p - along * xy)) / xx;
      seen.gain[6 * k + 2 * e + 1] = down * along;
    }
  }
  return seen;
}
