// Tables in text, read in the page: what Python's sources/tables.py reads, of columns of numbers and gaps.

const MISSING_WORDS = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?']);
const NUMBER_WORD = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const USUAL_COLUMNS = 12; // that are taken where nobody chose

/** What the engine refuses: a sentence, and what to do. */
export class Refusal extends Error {
  constructor(sentence, remedy) {
    super(sentence);
    this.remedy = remedy;
  }
}

/** {columns, types, allColumns, n, d, points (n d)} of the bytes of a table; wanted: names of columns, or null. */
export function readTable(bytes, name, wanted, limits) {
  const rows = rowsOfText(decoded(bytes, name), /\.tsv$/i.test(name));
  if (!rows.length) throw new Refusal(`${name} is empty.`, 'Give a table of numbers, a row a point.');
  const [{fields}] = rows, isNamed = !fields.every((field) => isNumber(field) || isMissing(field));
  const allColumns = fields.map((field, i) => (isNamed && field.trim()) || `x${i + 1}`);
  const body = isNamed ? rows.slice(1) : rows;
  if (!body.length) throw new Refusal(`${name} holds no rows.`, 'Give at least one row of numbers below the names.');
  if (body.length > limits.rows) {
    throw new Refusal(`${name} has ${told(body.length)} rows, the limit here is ${told(limits.rows)}.`,
      'Take a sample of them, or open the table with mixtura studio.');
  }
  const uneven = body.find((row) => row.fields.length !== fields.length);
  if (uneven) {
    throw new Refusal(`Line ${uneven.line} of ${name} has ${uneven.fields.length} fields, the first has ${fields.length}.`,
      'Mend the line or its quotes.');
  }
  const types = allColumns.map((_, i) => typeOf(body, i));
  const where = wanted ? wanted.map((column) => allColumns.indexOf(column)) : [];
  if (where.includes(-1)) {
    throw new Refusal(`${name} has no column called ${wanted[where.indexOf(-1)]}.`, `It has ${allColumns.slice(0, 8).join(', ')}.`);
  }
  if (!where.length) {
    types.forEach((type, i) => { if (type !== 'text' && where.length < USUAL_COLUMNS) where.push(i); });
    if (!where.length) throw new Refusal(`${name} has no column of numbers.`, 'Give a table with some.');
  }
  if (where.length > limits.d) {
    throw new Refusal(`${where.length} columns are chosen, the limit is ${limits.d}.`, 'Choose fewer.');
  }
  const points = new Float64Array(body.length * where.length);
  body.forEach((row, p) => where.forEach((i, c) => {
    const field = row.fields[i].trim();
    if (!isNumber(field) && !isMissing(field)) {
      throw new Refusal(`Column ${allColumns[i]} of ${name} holds “${field.slice(0, 40)}” in line ${row.line}, which is no number.`,
        NUMBER_WORD.test(field.replace(',', '.')) ? 'Write decimals with a point.' : 'Choose columns of numbers.');
    }
    points[p * where.length + c] = isMissing(field) ? NaN : Number(field);
  }));
  if (points.some((value) => Math.abs(value) === Infinity)) {
    throw new Refusal(`${name} holds a number that is too large.`, 'Leave its row out.');
  }
  return {columns: where.map((i) => allColumns[i]), types, allColumns, n: body.length, d: where.length, points};
}

const told = (count) => count.toLocaleString('en');
const isNumber = (field) => NUMBER_WORD.test(field.trim());
const isMissing = (field) => MISSING_WORDS.has(field.trim().toLowerCase());

function decoded(bytes, name) {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    throw new Refusal(`${name} is no text in UTF-8.`, 'Save the table as .csv in UTF-8.');
  }
}

/** "number", "gaps" (numbers, some of them missing) or "text". */
function typeOf(rows, i) {
  let gaps = 0;
  for (const {fields} of rows) {
    if (isMissing(fields[i])) gaps++;
    else if (!isNumber(fields[i])) return 'text';
  }
  return gaps === rows.length ? 'text' : gaps ? 'gaps' : 'number';
}

/** [{line, fields}] of the lines that are not empty. Fields in quotes may hold what separates, quotes twice. */
function rowsOfText(text, tabs) {
  const rows = [];
  let at = 0, line = 1, between = tabs ? '\t' : null;
  while (at < text.length) {
    const end = endOfLine(text, at), first = line;
    if (end === at) {
      at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
      line++;
      continue;
    }
    between ??= separatorOf(text.slice(at, end));
    const fields = [];
    for (;;) {
      let field = '';
      if (text[at] === '"') {
        at++;
        while (at < text.length && (text[at] !== '"' || text[at + 1] === '"')) {
          if (text[at] === '"') at++;
          if (text[at] === '\n') line++;
          field += text[at++];
        }
        at++;
      }
      const from = at;
      while (at < text.length && text[at] !== between && text[at] !== '\n' && text[at] !== '\r') at++;
      fields.push(field + text.slice(from, at));
      if (text[at] !== between) break;
      at++;
    }
    rows.push({line: first, fields});
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1;
    line++;
  }
  return rows;
}

function endOfLine(text, from) {
  let at = from;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}

/** What separates the fields of a line: the one of tab, semicolon and comma that it has most of outside of quotes. */
function separatorOf(line) {
  const plain = line.replace(/"(?:[^"]|"")*("|$)/g, ''), counts = ['\t', ';', ','].map((mark) => plain.split(mark).length);
  return ['\t', ';', ','][counts.indexOf(Math.max(...counts))];
}
