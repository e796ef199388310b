// The page's address: a token that is taken out of it, and what a link asks for.

export const TOKEN_KEPT = 'mixtura-token';
const LINK_WORDS = { sample: String, k: Number, seed: Number, start: String };

const addressWords = () => new URLSearchParams(location.hash.slice(1));

/** The token of the address; it is kept for reloads of this tab and taken out of what is shown and shared. */
export function tokenOf() {
  const words = addressWords(), found = words.get('token');
  if (found === null) return sessionStorage.getItem(TOKEN_KEPT) ?? '';
  sessionStorage.setItem(TOKEN_KEPT, found);
  words.delete('token');
  history.replaceState(null, '', location.pathname + location.search + (words.size ? `#${words}` : ''));
  return found;
}

/** {sample, k, seed, start} of an address such as #sample=moons&k=6&seed=5&start=random_from_data, or null. */
export function linkOf() {
  const words = addressWords();
  if (!words.get('sample')) return null;
  const asked = {};
  for (const [name, of] of Object.entries(LINK_WORDS)) {
    const value = words.has(name) ? of(words.get(name)) : null;
    if (value === null || Number.isNaN(value)) continue;
    asked[name] = value;
  }
  return asked;
}

/** The address that opens a sample with a fit's settings. */
export function linkTo(sample, { k, seed, start }) {
  const words = new URLSearchParams({ sample, k, seed, start });
  return `${location.href.split('#')[0]}#${words}`;
}
