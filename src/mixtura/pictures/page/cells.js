// Which components matter where. The screen is cut into square cells, `side` pixels wide, and each gets a list of the few
// whose sum is the density there, up to a share `error`: by halving squares, whose lists are those of the square around
// them less what lies everywhere too far below the best.
export const PACK = 4;  // components that are added up at once
export const ROW = 128;  // packs in a row of the table
export const CELLS_ROW = 256;  // cells in a row of theirs
export const TEXELS = { plain: 6, colour: 15 };  // of four numbers, a pack: see `packed`
const NOTHING = -1e30;

// seen: see gaussians.js. -> {side, across, down, start and many: of each cell, by rows, entries: the components}. depth: nats
// below the largest density at which nobody sees one, where only densities are shown.
export function cellLists(seen, width, height, { error = 1 / 1024, depth = Infinity, side = 16 } = {}) {
  const { count, x, y, s, a, b, c } = seen;
  const across = Math.ceil(width / side), down = Math.ceil(height / side);
  const levels = Math.max(0, Math.ceil(Math.log2(Math.max(across, down))));
  const cut = Math.log(Math.max(1, count)) - Math.log(error) + 2;
  let floor = -Infinity;
  for (let k = 0; k < count; k++) floor = Math.max(floor, s[k] - depth);
  const lists = Array.from({ length: levels + 2 }, () => new Int32Array(count));
  const upper = new Float64Array(count);
  const from = { start: new Uint32Array(across * down + 1), many: new Uint32Array(across * down) };
  let entries = new Int32Array(1 << 16), used = 0;

  const visit = (level, column, row, length) => {
    const wide = side * 2 ** level, x0 = column * wide, y0 = row * wide, x1 = x0 + wide, y1 = y0 + wide;
    const around = lists[level + 1], kept = lists[level];
    let best = -Infinity;
    for (let i = 0; i < length; i++) {
      const k = around[i], l = x0 - x[k], r = x1 - x[k], t = y0 - y[k], w = y1 - y[k], ak = a[k], bk = b[k], ck = c[k];
      // The farthest corner, and the nearest point: both of a convex function on a square.
      const al = ak * l, ar = ak * r, bl = bk * l, br = bk * r, ct = ck * t, cw = ck * w;
      const far = Math.max(al * al + Math.max((bl + ct) ** 2, (bl + cw) ** 2), ar * ar + Math.max((br + ct) ** 2, (br + cw) ** 2));
      const low = s[k] - 0.5 * far;
      if (low > best) best = low;
      let near = 0;
      if (l > 0 || r < 0 || t > 0 || w < 0) {
        near = Infinity;
        if (l > 0 || r < 0) {  // on the vertical edge that faces the mean, v is as near to 0 as it can be
          const edge = l > 0 ? l : r, be = bk * edge, p = be + ct, q = be + cw;
          near = (ak * edge) ** 2 + (p * q <= 0 ? 0 : Math.min(p * p, q * q));
        }
        if (t > 0 || w < 0) {
          const edge = t > 0 ? t : w, e = ck * edge, n = ak * ak + bk * bk, at = Math.min(Math.max((-bk * e) / n, l), r);
          near = Math.min(near, (ak * at) ** 2 + (bk * at + e) ** 2);
        }
      }
      upper[i] = s[k] - 0.5 * near;
    }
    const limit = Math.max(best - cut, floor);
    let n = 0;
    for (let i = 0; i < length; i++) if (upper[i] >= limit) { upper[n] = upper[i]; kept[n++] = around[i]; }
    if (!n && length) { kept[n++] = around[0]; upper[0] = -Infinity; }
    if (level) {
      const size = 2 ** (level - 1);
      for (let j = 0; j < 4; j++) {
        const p = 2 * column + (j & 1), q = 2 * row + (j >> 1);
        if (p * size < across && q * size < down) visit(level - 1, p, q, n);
      }
      return;
    }
    if (used + n > entries.length) {
      const more = new Int32Array(2 * Math.max(entries.length, used + n));
      more.set(entries);
      entries = more;
    }
    // The largest first. The last ones may be left out as long as together they stay below the error.
    for (let i = 0; i < n; i++) {
      let j = i;
      for (const up = upper[i], k = kept[i]; ; j--) {
        if (j === 0 || upper[j - 1] >= up) { upper[j] = up; kept[j] = k; break; }
        upper[j] = upper[j - 1]; kept[j] = kept[j - 1];
      }
    }
    let faint = 0;
    while (n > 1 && (faint += Math.exp(Math.min(upper[n - 1] - best, 1))) < error / 2) n--;
    const cell = row * across + column;
    from.start[cell] = used; from.many[cell] = n;
    for (let i = 0; i < n; i++) entries[used++] = kept[i];
  };
  for (let k = 0; k < count; k++) lists[levels + 1][k] = k;
  visit(levels, 0, 0, count);
  return { side, across, down, entries, ...from };
}

// The lists as the shader reads them. In a cell the logarithm (base 2) of each component is a polynomial of the distance
// (dx, dy) from the cell's middle, 1, dx, dy, dx^2, dx dy, dy^2, and so is its colour, 1, dx, dy, for each channel. A
// pack holds them of four components side by side. Made in float64, so that float32 need not know where the eye is.
// which: the cells that are wanted. -> {table: Float32Array, cells: Uint32Array of [cell, first pack, packs, 0]}
export function packed(seen, lists, which) {
  const { x, y, s, a, b, c, colour, mean, gain } = seen, { side, across, start, many, entries } = lists;
  const texels = colour ? TEXELS.colour : TEXELS.plain, cells = new Uint32Array(4 * CELLS_ROW * Math.max(1, Math.ceil(which.length / CELLS_ROW)));
  let packs = 0;
  for (let i = 0; i < which.length; i++) {
    const some = Math.ceil(many[which[i]] / PACK);
    cells[4 * i] = which[i]; cells[4 * i + 1] = packs; cells[4 * i + 2] = some;
    packs += some;
  }
  const table = new Float32Array(Math.max(1, Math.ceil(packs / ROW)) * ROW * texels * 4), e = Math.LOG2E;
  for (let i = 0; i < which.length; i++) {
    const cell = which[i], mx = ((cell % across) + 0.5) * side, my = (Math.floor(cell / across) + 0.5) * side;
    let at = cells[4 * i + 1] * texels * 4;
    for (let n = 0; n < many[cell]; n++) {
      const k = entries[start[cell] + n], dx = mx - x[k], dy = my - y[k], ak = a[k], bk = b[k], ck = c[k];
      const u = ak * dx, v = bk * dx + ck * dy;
      table[at] = e * (s[k] - 0.5 * (u * u + v * v));
      table[at + 4] = -e * (u * ak + v * bk); table[at + 8] = -e * v * ck;
      table[at + 12] = -0.5 * e * (ak * ak + bk * bk); table[at + 16] = -e * bk * ck; table[at + 20] = -0.5 * e * ck * ck;
      if (colour) {
        for (let j = 0; j < 3; j++) {
          const p = gain[6 * k + 2 * j], q = gain[6 * k + 2 * j + 1], to = at + 24 + 12 * j;
          table[to] = mean[3 * k + j] + p * dx + q * dy; table[to + 4] = p; table[to + 8] = q;
        }
      }
      at += n % PACK === PACK - 1 ? 4 * texels - PACK + 1 : 1;
    }
    for (let n = many[cell]; n % PACK; n++) table[at++] = NOTHING;
  }
  return { table, cells };
}
