"""Scripts without comments, white space and what is not reached do what they did."""

import json
import subprocess
from pathlib import Path

import pytest
from scripts import NODE, needs_node

from mixtura.pictures.page.compact import compact, reached
from mixtura.studio import link

ROOT = Path(__file__).parents[2]

HARD = r"""
const text = 'a // no note', other = "it's /* none */", half = 4 / 2 / 1; // a note / with 'quotes
const pattern = /[/'"`]\/(?<year>\d+)/giu, list = [/a b/, 1 /2/ 1], found = 'x/1'.replace(/\//g, ' // ');
/* of
several lines */ const nested = `a ${`b ${[1, 2].map((n) => `{${n}}`).join(' } ')} // c`} \` \${no} /* d */`;
const plus = 1 + +1 - -1 - (- -1) + (+ +2), power = 2 ** -1, chain = ({a: {b: 3}})?.a?.b ?? 0, short = true?.5:1;
function stepped(n) {
  let i = n
  let j = i
  ++j
  i = j
  --i
  ;[i, j] = [j, i]
  return i
    + j
}
function returned() {
  return
  'never'
}
class Pair {
  static made = 0
  #first = 1
  'quoted' = 2;
  constructor(second) { this.second = second; Pair.made++ }
  get first() { return this.#first }
  set first(value) { this.#first = value; }
  *[Symbol.iterator]() { yield this.#first; yield this.second }
  async later() { return await 3 }
}
const pair = new Pair(5), kind = typeof pair, has = 'second' in pair, one = pair instanceof Pair;
pair.first = 7;
outer: for (let i = 0; ; i++) {
  for (const each of [1, 2]) if (each + i > 3) break outer; else continue
  if (i > 9) break
}
do ; while (false)
if (one) ; else ;
let waits = 0
while (waits++ < 3);
const number = 1_000.5e-1 + 0xff + .5 + 10 .toString().length + 1..toFixed(1).length, big = 10n ** 20n;
const tagged = String.raw`\n${1}`, rest = ((...all) => all.length)(...[1, 2], 3);
const object = {if: 1, of: 2, text, 'a b': 3};
const assigned = (() => { let a = null; a ??= 4; a ||= 5; a &&= 6; a **= 2; a >>>= 1; return a })();
globalThis.told = [text, other, half, String(pattern), list.map(String), found, nested, plus, power, chain, short,
  stepped(4), returned() === undefined, [...pair], kind, has, one, number, String(big), tagged, rest, object, assigned,
  pattern.test('[/2024'), waits, Pair.made, a\u{62}c];
var abc = 1
console.log(JSON.stringify(told))
"""


def ran(script, folder):
    file = folder / "script.mjs"
    file.write_text(script, encoding="utf-8")
    done = subprocess.run([NODE, file], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_node
def test_hard_cases_say_the_same(tmp_path):
    hard = HARD.replace("a\\u{62}c", "abc")
    expected = ran(hard, tmp_path)
    short = compact(hard)
    assert ran(short, tmp_path) == expected
    assert compact(short) == short
    assert len(short) < 0.9 * len(hard)
    assert "// a note" not in short
    assert "several lines" not in short
    assert "\n\n" not in short
    assert len(json.loads(expected)) == 27


@pytest.mark.parametrize("script", ["const a = `b ${c", "const a = 'b\n'", "const a = /b\n/;", "#", "const a = \\;"])
def test_what_is_no_script_is_refused(script):
    with pytest.raises(ValueError, match="the script has"):
        compact(script)


def test_what_nothing_refers_to_is_left_out():
    script = """
function used() { return helper() + TABLE.size; } // helper
function helper() { return nested`${inTemplate}`; }
function unused() { return alsoUnused; }
const alsoUnused = 1, TABLE = {size: 2}, nested = (x) => x;
const inTemplate = 3, [first, {second: third}] = [1, {second: 2}];
async function later() { later(); }
class Thing { helper() { return unusedToo; } }
const unusedToo = 5;
let count = 0;
if (count === 0) used();
count.unused = first;
"""
    found = reached(script)
    for name in ("used", "helper", "TABLE", "nested", "inTemplate", "third", "count"):
        assert name in found
    assert ran_words(found).isdisjoint({"Thing", "later", "unusedToo"})
    assert "function unused" not in found
    assert "class Thing" in reached(script, ("Thing",))
    with pytest.raises(ValueError, match="the declaration of b has no ;"):
        reached("const b = 1\nconst c = 2\nc();")


def ran_words(script):
    from mixtura.pictures.page.compact import tokens

    return {token.text for token in tokens(script)}


@needs_node
def test_the_tests_of_scripts_pass_on_short_ones_too(tmp_path):
    for folder in (
        "src/mixtura/studio/web",
        "src/mixtura/pictures/page",
        "src/mixtura/pictures/codec",
        "tests/studio/js",
    ):
        (tmp_path / folder).mkdir(parents=True)
        for file in (ROOT / folder).glob("*js"):
            text = file.read_text(encoding="utf-8")
            (tmp_path / folder / file.name).write_text(compact(text), encoding="utf-8")
    tests = sorted((tmp_path / "tests/studio/js").glob("*.test.mjs"))
    done = subprocess.run([NODE, "--test", *tests], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@needs_node
@pytest.mark.parametrize(
    ("name", "exports"), [("alone.js", ()), ("main.js", ()), ("widget.js", ("initialize", "render"))]
)
def test_pages_get_a_script_without_what_only_people_read(name, exports, tmp_path):
    script = link.linked(name, *exports)
    file = tmp_path / "script.mjs"
    file.write_text(script, encoding="utf-8")
    assert subprocess.run([NODE, "--check", file], check=False).returncode == 0
    assert len(script.encode()) < 480_000
    assert "/**" not in script
    assert all(f"function {each}" in script for each in exports)
