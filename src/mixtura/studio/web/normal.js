// The standard normal, of one coordinate and of two that are correlated.

export const WIDEST = 40; // standard deviations: beyond, a float64 tells no tail from 0

/** The probability below z of a standard normal: by its series near 0, by its continued fraction in the tail. */
export function normalBelow(z) {
  const x = Math.abs(z);
  if (x > WIDEST) return z < 0 ? 0 : 1;
  const peak = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  if (x < 3) {
    let term = x, sum = x;
    for (let n = 3; term > 1e-17 * sum; n += 2) {
      term *= (x * x) / n;
      sum += term;
    }
    return z < 0 ? 0.5 - peak * sum : 0.5 + peak * sum;
  }
  let fraction = x;
  for (let n = 60; n > 0; n--) fraction = x + n / fraction;
  return z < 0 ? peak / fraction : 1 - peak / fraction;
}

/** The probability between two ends, without what differences lose on the right. */
export function normalBetween(low, high) {
  return low > 0 ? normalBelow(-low) - normalBelow(-high) : normalBelow(high) - normalBelow(low);
}

// Nodes and weights of Gauss and Legendre, 20 on (-1, 1): those below 0.
const NODES = [0.9931285991850949, 0.9639719272779138, 0.912234428251326, 0.8391169718222188, 0.7463319064601508,
  0.636053680726515, 0.5108670019508271, 0.37370608871541955, 0.2277858511416451, 0.07652652113349734];
const NODE_WEIGHTS = [0.017614007139152118, 0.04060142980038694, 0.06267204833410907, 0.08327674157670475,
  0.10193011981724044, 0.11819453196151841, 0.13168863844917664, 0.14209610931838204, 0.14917298647260374,
  0.15275338713072584];

/** The sum of f over the 20 nodes, moved to (0, 2), with their weights. */
function quadrature(f) {
  let sum = 0;
  NODES.forEach((node, i) => { sum += NODE_WEIGHTS[i] * (f(1 - node) + f(1 + node)); });
  return sum;
}

/** P(X > h, Y > k) of two standard normals of correlation r; rest: 1 - r^2, where it is known better. Genz 2004, after Drezner and Wesolowsky 1990. */
export function normalBeyond(h, k, r, rest = 1 - r * r) {
  let hk = h * k;
  if (Math.abs(r) < 0.925) {
    const half = 0.5 * (h * h + k * k), arc = 0.5 * Math.asin(r);
    const sum = quadrature((x) => {
      const sin = Math.sin(arc * x);
      return Math.exp((sin * hk - half) / (1 - sin * sin));
    });
    return (sum * arc) / (2 * Math.PI) + normalBelow(-h) * normalBelow(-k);
  }
  const other = r < 0 ? -k : k;
  hk = h * other;
  const apart = (h - other) ** 2, c = (4 - hk) / 8, d = (12 - hk) / 80;
  let a = Math.sqrt(rest), sum = 0;
  if (apart / rest + hk < 200) {
    sum = a * Math.exp(-0.5 * (apart / rest + hk)) * (1 - (c * (apart - rest) * (1 - d * apart)) / 3 + c * d * rest * rest);
  }
  if (hk > -100) {
    const b = Math.sqrt(apart);
    const tail = Math.sqrt(2 * Math.PI) * normalBelow(-b / a) * b;
    sum -= Math.exp(-0.5 * hk) * tail * (1 - (c * apart * (1 - d * apart)) / 3);
  }
  a *= 0.5;
  const integral = quadrature((x) => {
    const square = (a * x) ** 2, power = -0.5 * (apart / square + hk);
    if (power <= -100) return 0;
    const root = Math.sqrt(1 - square);
    const series = 1 + c * square * (1 + 5 * d * square);
    return Math.exp(power) * (series - Math.exp((-0.5 * hk * square) / (1 + root) ** 2) / root);
  });
  sum = (a * integral - sum) / (2 * Math.PI);
  if (r > 0) return sum + normalBelow(-Math.max(h, other));
  return h >= other ? -sum : normalBetween(h, other) - sum;
}
