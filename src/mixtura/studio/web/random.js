// NumPy's default_rng(seed) and what starts draw from it, to the bit: so a seed means the same here and in Python.

const MASK_32 = 0xffffffffn, MASK_64 = (1n << 64n) - 1n, MASK_128 = (1n << 128n) - 1n;
const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

/** {word: 64 random bits as BigInt, word32: 32 as a number, uniform: in [0, 1)}, of a whole seed >= 0. PCG64. */
export function randomFrom(seed) {
  const [a, b, c, d] = seedWords(seed);
  const increment = ((((c << 64n) | d) << 1n) | 1n) & MASK_128;
  let state = (increment + ((a << 64n) | b)) & MASK_128;
  let half = null;
  const advance = () => { state = (state * MULTIPLIER + increment) & MASK_128; };
  advance();
  const word = () => {
    advance();
    const mixed = (state >> 64n) ^ (state & MASK_64), turn = state >> 122n;
    return ((mixed >> turn) | (mixed << (64n - turn))) & MASK_64;
  };
  const word32 = () => {
    if (half !== null) {
      const kept = half;
      half = null;
      return kept;
    }
    const both = word();
    half = Number(both >> 32n);
    return Number(both & MASK_32);
  };
  return {word, word32, uniform: () => Number(word() >> 11n) * 2 ** -53};
}

/** Four 64-bit words from a seed: NumPy's SeedSequence. */
function seedWords(seed) {
  const entropy = [];
  for (let rest = BigInt(seed); rest > 0n || !entropy.length; rest >>= 32n) entropy.push(Number(rest & MASK_32));
  let constant = 0x43b0d7e5;
  const hashed = (value) => {
    value = (value ^ constant) >>> 0;
    constant = Math.imul(constant, 0x931e8875) >>> 0;
    value = Math.imul(value, constant) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  };
  const mixed = (x, y) => {
    const found = (Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715)) >>> 0;
    return (found ^ (found >>> 16)) >>> 0;
  };
  const pool = Array.from({length: 4}, (_, i) => hashed(entropy[i] ?? 0));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mixed(pool[to], hashed(pool[from]));
  }
  for (let from = 4; from < entropy.length; from++) {
    for (let to = 0; to < 4; to++) pool[to] = mixed(pool[to], hashed(entropy[from]));
  }
  constant = 0x8b51f9dd;
  const words = Array.from({length: 8}, (_, i) => {
    let value = (pool[i % 4] ^ constant) >>> 0;
    constant = Math.imul(constant, 0x58f38ded) >>> 0;
    value = Math.imul(value, constant) >>> 0;
    return (value ^ (value >>> 16)) >>> 0;
  });
  return [0, 2, 4, 6].map((i) => (BigInt(words[i + 1]) << 32n) | BigInt(words[i]));
}

/** A whole number from 0 to `most`, below 2^32 - 1: Lemire's way, as Generator.integers. */
export function wholeUpTo(random, most) {
  if (most === 0) return 0;
  const range = BigInt(most + 1);
  let product = BigInt(random.word32()) * range;
  if ((product & MASK_32) < range) {
    const least = (MASK_32 - BigInt(most)) % range;
    while ((product & MASK_32) < least) product = BigInt(random.word32()) * range;
  }
  return Number(product >> 32n);
}

/** `size` different numbers below n: Generator.choice(n, size, replace=False, shuffle=shuffled). */
export function choiceOf(random, n, size, shuffled = true) {
  if (n > 10000 && size > Math.floor(n / (shuffled ? 50 : 20))) {
    const all = Int32Array.from({length: n}, (_, i) => i);
    shuffleTail(random, all, Math.max(n - size, 1));
    return all.slice(n - size);
  }
  const chosen = new Int32Array(size), seen = new Set();
  for (let j = n - size; j < n; j++) { // Floyd's
    const drawn = wholeUpTo(random, j), value = seen.has(drawn) ? j : drawn;
    seen.add(value);
    chosen[j - n + size] = value;
  }
  if (shuffled) shuffleTail(random, chosen, 1);
  return chosen;
}

function shuffleTail(random, values, first) {
  for (let i = values.length - 1; i >= first; i--) {
    const j = wholeUpTo(random, i), kept = values[j];
    values[j] = values[i];
    values[i] = kept;
  }
}
