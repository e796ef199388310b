// Answers calls [[module, function, arguments], ...], a line each, on standard input; see scripts.py.
import {register} from 'node:module';
import {createInterface} from 'node:readline';

register(new URL('beside.mjs', import.meta.url));

const WEB = new URL('../../../src/mixtura/studio/web/', import.meta.url);
const KINDS = {f8: Float64Array, i4: Int32Array, u1: Uint8Array};
const NUMBERS = {nan: NaN, inf: Infinity, '-inf': -Infinity};

function heard(value) {
  if (Array.isArray(value)) return value.map(heard);
  if (value === null || typeof value !== 'object') return value;
  if (value.$ === 'number') return NUMBERS[value.values];
  if (value.$) return KINDS[value.$].from(value.values.map(heard));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, heard(each)]));
}

function told(value) {
  if (ArrayBuffer.isView(value)) return {$: 'array', values: Array.from(value, told)};
  if (Array.isArray(value)) return value.map(told);
  if (typeof value === 'number' && !Number.isFinite(value)) return {$: 'number', values: String(value)};
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, told(each)]));
}

async function answered(calls) {
  const answers = [];
  for (const [module, name, args] of calls) {
    const found = await import(module.startsWith('.') ? new URL(module, import.meta.url) : new URL(`${module}.js`, WEB));
    answers.push(told(found[name](...heard(args))));
  }
  return {answers};
}

for await (const line of createInterface({input: process.stdin})) {
  const said = await answered(JSON.parse(line)).catch((error) => ({error: String(error?.stack ?? error)}));
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
