// Who is at the other end of a socket: both sides prove that they know the token, and neither tells it. A page can be
// at an address where the browser's own crypto.subtle is missing (http, not this machine), so SHA-256 is here.

const ROOTS = fractions(2, 8), CUBES = fractions(3, 64);
const BLOCK = 64;

/** The first 32 bits of the fractional parts of the n-th roots of the first primes, exactly. */
function fractions(n, count) {
  const primes = [];
  for (let i = 2; primes.length < count; i++) if (primes.every((prime) => i % prime)) primes.push(i);
  return primes.map((prime) => {
    const wanted = BigInt(prime) << BigInt(32 * n); // the root in steps of 2^-32, by bisection
    let low = 0n, high = BigInt(prime) << 32n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** BigInt(n) <= wanted) low = middle;
      else high = middle;
    }
    return Number(BigInt.asUintN(32, low));
  });
}

/** SHA-256 (FIPS 180-4) of bytes. */
export function sha256(bytes) {
  const length = bytes.length, whole = new Uint8Array(Math.ceil((length + 9) / BLOCK) * BLOCK);
  whole.set(bytes);
  whole[length] = 0x80;
  const view = new DataView(whole.buffer), state = Int32Array.from(ROOTS), words = new Int32Array(BLOCK);
  view.setUint32(whole.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(whole.length - 4, length << 3);
  const turned = (x, n) => (x >>> n) | (x << (32 - n));
  for (let start = 0; start < whole.length; start += BLOCK) {
    for (let t = 0; t < 64; t++) {
      if (t < 16) words[t] = view.getInt32(start + 4 * t);
      else {
        const x = words[t - 15], y = words[t - 2];
        words[t] = words[t - 16] + (turned(x, 7) ^ turned(x, 18) ^ (x >>> 3)) + words[t - 7] + (turned(y, 17) ^ turned(y, 19) ^ (y >>> 10));
      }
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let t = 0; t < 64; t++) {
      const one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + CUBES[t] + words[t];
      const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] += value; });
  }
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((value, i) => out.setInt32(4 * i, value));
  return new Uint8Array(out.buffer);
}

/** What who knows the token says of two nonces: HMAC-SHA-256 (RFC 2104) in hexadecimal. role: 'page' or 'server'. */
export function proofOf(token, role, pageNonce, serverNonce) {
  const encode = (text) => new TextEncoder().encode(text), joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
  const given = encode(token), key = new Uint8Array(BLOCK);
  key.set(given.length > BLOCK ? sha256(given) : given);
  const inner = sha256(joined(key.map((byte) => byte ^ 0x36), encode(`${role}\n${pageNonce}\n${serverNonce}`)));
  return hexadecimal(sha256(joined(key.map((byte) => byte ^ 0x5c), inner)));
}

/** A number that nobody has seen before. */
export const freshNonce = () => hexadecimal(crypto.getRandomValues(new Uint8Array(16)));

const hexadecimal = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
