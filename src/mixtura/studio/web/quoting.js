// Names within lines: for shells (POSIX) and for Python; names of files.

/** A word of a command, quoted where a shell would take it for something else. Names that begin with - get a folder. */
export function shellWord(text) {
  const word = text.startsWith('-') ? `./${text}` : text;
  return /^[\w@%+:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`;
}

/** A string of Python. JSON's escapes are Python's too. */
export function pythonText(text) {
  return JSON.stringify(text).replace(/\u007f|[\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A value of Python: text, number, true, null, a list or a record of them; tuples are {tuple: [...]}, other words {code}. */
export function pythonValue(value) {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : `float("${value < 0 ? '-' : ''}inf")`;
  if (typeof value === 'string') return pythonText(value);
  if (Array.isArray(value)) return `[${value.map(pythonValue).join(', ')}]`;
  if ('code' in value) return value.code;
  if ('tuple' in value) return `(${value.tuple.map(pythonValue).join(', ')}${value.tuple.length === 1 ? ',' : ''})`;
  return `{${Object.entries(value).map(([key, one]) => `${pythonText(key)}: ${pythonValue(one)}`).join(', ')}}`;
}

/** A call of Python with keyword arguments; those that are undefined are left out. */
export function pythonCall(name, positional, keywords = {}) {
  const named = Object.entries(keywords).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${pythonValue(value)}`);
  return `${name}(${[...positional.map(pythonValue), ...named].join(', ')})`;
}

/** The name of a file without its extension, and without what no system takes. */
export function plainStem(name) {
  return name.replace(/\.[a-z0-9]{1,8}$/i, '').replace(/[\\/:*?"<>|\u0000-\u001f]/g, '-').slice(0, 80).trim() || 'mixture';
}
