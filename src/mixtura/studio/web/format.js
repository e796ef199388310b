// Numbers as text: true minus, tabular widths, no needless digits.

/** ASCII's hyphen before digits as a minus. */
export function minus(text) {
  return String(text).replace(/^-|(?<=[\s(,e])-/g, '\u2212');
}

/** A number with so many decimals; none is negative nothing. */
export function decimal(value, digits = 0) {
  if (!Number.isFinite(value)) return '\u2013';
  const text = value.toFixed(Math.min(20, Math.max(0, digits)));
  return minus(Number(text) === 0 ? text.replace('-', '') : text);
}

/** A number with so many significant digits; very large and small ones as 1.2e−9. */
export function significant(value, digits = 3) {
  if (!Number.isFinite(value)) return '\u2013';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return minus(value.toExponential(digits - 1).replace('e+', 'e'));
  return decimal(value, Math.max(0, digits - 1 - Math.floor(Math.log10(size))));
}

/** A share of one as percent, fine where it is small. */
export function percent(share, digits = share < 0.0005 && share > 0 ? 3 : share < 0.1 ? 2 : 1) {
  return decimal(100 * share, digits) + '\u202f%';
}

/** A whole number with commas between thousands. */
export function counted(n) {
  return Number.isFinite(n) ? minus(Math.round(n).toLocaleString('en')) : '\u2013';
}

/** Bytes as kB and MB. */
export function bytesText(n) {
  if (n < 1000) return `${Math.round(n)}\u00a0B`;
  return n < 999.5e3 ? `${decimal(n / 1e3, n < 9950 ? 1 : 0)}\u00a0kB` : `${decimal(n / 1e6, n < 9.95e6 ? 1 : 0)}\u00a0MB`;
}

/** Decimals that tell apart what is a hundredth of a scale. */
export function decimalsOf(scale, least = 0) {
  if (!(scale > 0) || !Number.isFinite(scale)) return least;
  return Math.min(12, Math.max(least, 2 - Math.floor(Math.log10(scale) + 1e-9)));
}

/** What a person typed: a number, or NaN; a true minus, a percent sign, a degree and grouping commas are understood. */
export function typed(text) {
  const plain = String(text).replace(/[\u2212\u2013]/g, '-').replace(/[\s\u202f\u00a0%°×]/g, '');
  const english = /^-?\d{1,3}(,\d{3})+(\.\d*)?$/.test(plain) ? plain.replace(/,/g, '') : plain.replace(/^(-?\d+),(\d+)$/, '$1.$2');
  return english === '' ? NaN : Number(english);
}

/** Round places for ticks within [low, high]: about `count` of them, at 1, 2 or 5 times a power of ten. */
export function ticks(low, high, count = 5) {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const raw = span / Math.max(1, count), power = 10 ** Math.floor(Math.log10(raw) + 1e-12), lead = raw / power;
  const step = power * (lead > 5 ? 10 : lead > 2 ? 5 : lead > 1 ? 2 : 1), found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step || 0);
  return found;
}

/** A number of things in words: 1 step, 2 steps. */
export function several(n, what) {
  return `${counted(n)} ${what}${n === 1 ? '' : 's'}`;
}
