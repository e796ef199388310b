// Tone curves, as tone.py has them: values of {kind, gamma, points}.

// "linear", "gamma:0.5" or "0:255,0.25:0,1:0" -> {kind, gamma, points}; null where it is none of them.
export function parseTone(text) {
  const curve = text.trim().toLowerCase();
  if (curve === 'linear') return { kind: 'linear', gamma: 1, points: [] };
  if (curve.startsWith('gamma:')) {
    const gamma = numberOf(curve.slice(6));
    return gamma > 0 ? { kind: 'gamma', gamma, points: [] } : null;
  }
  const points = curve.split(',').map((pair) => pair.split(':').map(numberOf));
  const good = points.length > 1 && points.every((point, i) => point.length === 2 && point[0] >= 0 && point[0] <= 1 &&
    point[1] >= 0 && point[1] <= 255 && (i === 0 || points[i - 1][0] < point[0]));
  return good ? { kind: 'points', gamma: 1, points } : null;
}

const numberOf = (word) => (word.trim() === '' ? NaN : Number(word));

// The text that `parseTone` and Python's `parse_tone` read.
export function toneText({ kind, gamma, points }) {
  if (kind === 'gamma') return `gamma:${gamma}`;
  return kind === 'points' ? points.map((point) => point.join(':')).join(',') : 'linear';
}

// The grey (0..255) of s in 0..1: of style 'grid' a density by the largest, whose ink is 0; else a channel of a colour.
export function toneAt({ kind, gamma, points }, style, s) {
  if (kind === 'points') {
    const after = points.findIndex(([at]) => s <= at);
    if (after < 1) return points[after === 0 ? 0 : points.length - 1][1];
    const [[x0, y0], [x1, y1]] = points.slice(after - 1, after + 1);
    return y0 + ((y1 - y0) * (s - x0)) / (x1 - x0);
  }
  const bent = kind === 'gamma' ? s ** gamma : s;
  return 255 * (style === 'grid' ? 1 - bent : bent);
}
