// Small dense matrices, row-major in Float64Arrays: factors, triangular systems, eigenvalues.

/** The lower Cholesky factor of a symmetric d x d matrix; null where it is not positive definite. */
export function chol(matrix, d) {
  const factor = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * d + j];
      for (let c = 0; c < j; c++) sum -= factor[i * d + c] * factor[j * d + c];
      if (i > j) factor[i * d + j] = sum / factor[j * d + j];
      else if (sum > 0 && sum < Infinity) factor[i * d + i] = Math.sqrt(sum);
      else return null;
    }
  }
  return factor;
}

/** L L', of a lower factor. */
export function gram(factor, d) {
  const matrix = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = 0; c <= j; c++) sum += factor[i * d + c] * factor[j * d + c];
      matrix[i * d + j] = matrix[j * d + i] = sum;
    }
  }
  return matrix;
}

/** The lower n x n factor L with L L' = R R', of n rows of m >= n numbers: nothing is squared, so no digits are lost. */
export function lowerOf(rows, n, m) {
  const r = Float64Array.from(rows);
  for (let i = 0; i < n; i++) {
    for (let c = i + 1; c < m; c++) { // a rotation of columns i and c takes row i's number at c away
      const length = Math.hypot(r[i * m + i], r[i * m + c]);
      if (r[i * m + c] === 0) continue;
      const cos = r[i * m + i] / length, sin = r[i * m + c] / length;
      for (let row = i; row < n; row++) {
        const a = r[row * m + i], b = r[row * m + c];
        r[row * m + i] = cos * a + sin * b;
        r[row * m + c] = cos * b - sin * a;
      }
    }
  }
  const factor = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const sign = r[j * m + j] < 0 ? -1 : 1;
    for (let i = j; i < n; i++) factor[i * n + j] = sign * r[i * m + j];
  }
  return factor;
}

/** z = L^-1 x, of a lower factor that begins at `at`. */
export function solveLower(factor, x, d, at = 0, z = new Float64Array(d)) {
  for (let i = 0; i < d; i++) {
    let sum = x[i];
    const row = at + i * d;
    for (let c = 0; c < i; c++) sum -= factor[row + c] * z[c];
    z[i] = sum / factor[row + i];
  }
  return z;
}

/** Writes L^-1 of a lower d x d factor that begins at `at` into `inverse`, at the same place. */
export function invertLower(factors, inverse, d, at = 0) {
  for (let r = 0; r < d; r++) {
    const own = 1 / factors[at + r * d + r];
    inverse[at + r * d + r] = own;
    for (let c = 0; c < r; c++) {
      let sum = 0;
      for (let j = c; j < r; j++) sum += factors[at + r * d + j] * inverse[at + j * d + c];
      inverse[at + r * d + c] = -own * sum;
    }
  }
}

/** {values, vectors} of a symmetric matrix, ascending; vectors[i * d + j]: coordinate i of the j-th. By Jacobi's rotations. */
export function eigen(matrix, d) {
  const a = Float64Array.from(matrix), v = new Float64Array(d * d);
  for (let i = 0; i < d; i++) v[i * d + i] = 1;
  for (let sweep = 0; sweep < 60; sweep++) {
    let rotated = false;
    for (let p = 0; p < d; p++) {
      for (let q = p + 1; q < d; q++) {
        const off = a[p * d + q], scale = Math.sqrt(Math.abs(a[p * d + p])) * Math.sqrt(Math.abs(a[q * d + q]));
        if (Math.abs(off) <= 1e-17 * scale || off === 0) continue;
        rotated = true;
        rotate(a, v, d, p, q);
      }
    }
    if (!rotated) break;
  }
  const order = Array.from({length: d}, (_, i) => i).sort((i, j) => a[i * d + i] - a[j * d + j]);
  const vectors = new Float64Array(d * d);
  order.forEach((from, to) => { for (let i = 0; i < d; i++) vectors[i * d + to] = v[i * d + from]; });
  return {values: Float64Array.from(order, (i) => a[i * d + i]), vectors};
}

function rotate(a, v, d, p, q) {
  const theta = (a[q * d + q] - a[p * d + p]) / (2 * a[p * d + q]);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cos = 1 / Math.hypot(t, 1), sin = t * cos;
  for (let i = 0; i < d; i++) {
    const left = a[i * d + p], right = a[i * d + q];
    a[i * d + p] = cos * left - sin * right;
    a[i * d + q] = sin * left + cos * right;
  }
  for (let i = 0; i < d; i++) {
    const left = a[p * d + i], right = a[q * d + i];
    a[p * d + i] = cos * left - sin * right;
    a[q * d + i] = sin * left + cos * right;
  }
  a[p * d + q] = a[q * d + p] = 0;
  for (let i = 0; i < d; i++) {
    const left = v[i * d + p], right = v[i * d + q];
    v[i * d + p] = cos * left - sin * right;
    v[i * d + q] = sin * left + cos * right;
  }
}
