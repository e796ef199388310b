// The components that a picture shows, as the painter works with them: heaviest first, those of weight 0 and the hidden
// ones left out, in float64. A record is {count, colour, id, log, x, y, xx, xy, rest}, rest being the variance of y given
// x, and, where it has colours, mean (3 a component, in 0..1) and tied (3 x 2: their covariances with the place).

// Of parts {k, d, weights, means, factors}: the marginal of the coordinates `axes`.
export function gaussiansOf(parts, axes = [0, 1], { hidden = null, colour = parts.d === 5 } = {}) {
  const { k, d, weights, means, factors } = parts, [i, j] = axes;
  const order = Array.from({ length: k }, (_, c) => c).filter((c) => weights[c] > 0 && !hidden?.[c]);
  order.sort((a, b) => weights[b] - weights[a] || a - b);
  const made = emptyGaussians(order.length, colour);
  const shared = (c, a, b) => {
    let sum = 0;
    for (let e = 0; e <= Math.min(a, b); e++) sum += factors[(c * d + a) * d + e] * factors[(c * d + b) * d + e];
    return sum;
  };
  order.forEach((c, at) => {
    made.id[at] = c;
    made.log[at] = Math.log(weights[c]);
    made.x[at] = means[c * d + i]; made.y[at] = means[c * d + j];
    made.xx[at] = shared(c, i, i); made.xy[at] = shared(c, i, j);
    // What is left of y when x is known, from the factor: a difference would lose a thin ellipse's width.
    made.rest[at] = restOf(factors.subarray(c * d * d, (c + 1) * d * d), d, i, j);
    if (!colour) return;
    for (let e = 0; e < 3; e++) {
      made.mean[3 * at + e] = means[c * d + 2 + e] / 255;
      made.tied[6 * at + 2 * e] = shared(c, 2 + e, i) / 255;
      made.tied[6 * at + 2 * e + 1] = shared(c, 2 + e, j) / 255;
    }
    ownColours(made, at, factors, c * d * d);
  });
  return made;
}

export function emptyGaussians(count, colour) {
  const made = { count, colour, id: new Int32Array(count), mean: new Float64Array(colour ? 3 * count : 0) };
  for (const name of ['log', 'x', 'y', 'xx', 'xy', 'rest']) made[name] = new Float64Array(count);
  return { ...made, tied: new Float64Array(colour ? 6 * count : 0) };
}

// What is left of the colours when the place is known: its factor (6, by rows) and its variances (3).
function ownColours(made, at, factors, from) {
  made.own ??= new Float64Array(6 * made.count); made.within ??= new Float64Array(3 * made.count);
  for (let e = 0, to = 6 * at; e < 3; e++) {
    for (let f = 0; f <= e; f++) {
      const value = factors[from + (2 + e) * 5 + 2 + f] / 255;
      made.own[to++] = value; made.within[3 * at + e] += value * value;
    }
  }
}

// The variance of coordinate j given i: the square of what the row of j has beside that of i.
function restOf(factor, d, i, j) {
  let across = 0, length = 0;
  for (let e = 0; e < d; e++) { across += factor[i * d + e] * factor[j * d + e]; length += factor[i * d + e] ** 2; }
  let rest = 0;
  for (let e = 0; e < d; e++) rest += (factor[j * d + e] - (across / length) * factor[i * d + e]) ** 2;
  return rest;
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
