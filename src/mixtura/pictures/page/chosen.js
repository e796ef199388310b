// The components of a mixture that a picture shows, chosen from its parts.
import { emptyGaussians } from './gaussians.js';

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
