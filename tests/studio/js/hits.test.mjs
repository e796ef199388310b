// Where things stand on the screen, what is under the pointer, and what handles make of its way.
import assert from 'node:assert/strict';
import test from 'node:test';
import {apart, chance, pictureDocument, someParts, tableDocument, tableSource} from './things.mjs';

const WEB = '../../../src/mixtura/studio/web/';
const {newDocument, shownParts} = await import(`${WEB}document.js`);
const {transform} = await import(`${WEB}edits.js`);
const {ellipseOf, flatOf, halfBox, logHere} = await import(`${WEB}flat.js`);
const {bumpHandlesOf, frameOf, handlesOf, pulled, weighed} = await import(`${WEB}handles.js`);
const {hitHandle, isInside, lassoed, rankedAt, reachOf} = await import(`${WEB}hits.js`);
const {pannedEye, placeOf, planeMap, zoomedEye} = await import(`${WEB}place.js`);
const {colouring} = await import(`${WEB}points.js`);
const {answerersAt, curveOf, marginOf, sliceOf} = await import(`${WEB}slices.js`);
const {conditional, logDensity, responsibilities, subsetOf} = await import(`${WEB}algebra.js`);
const {massIn, placeAnswer} = await import(`${WEB}answers.js`);

const near = (a, b, much = 1e-9) => a.every((v, i) => Math.abs(v - b[i]) <= much);

test('the plane goes to the screen and back; up is up in tables and down in pictures', () => {
  const random = chance(1);
  for (const document of [pictureDocument(3, random), tableDocument(3, 2, random), tableDocument(3, 1, random)]) {
    for (const eye of [null, {x: 3, y: 2, unit: 0.01}]) {
      const place = placeOf(document, eye, 900, 600), at = place.toPicture([123, 456]);
      assert.ok(near(place.toScreen(at), [123, 456]));
      const up = place.toPicture([123, 400])[1] - at[1];
      assert.equal(Math.sign(up), document.source.frame ? -1 : 1);
    }
  }
});

test('zooming keeps what is under the pointer, panning takes it along', () => {
  const document = tableDocument(3, 2, chance(2));
  let place = placeOf(document, null, 900, 600);
  for (const factor of [2, 3, 0.7, 40]) {
    const spot = [400, 260], before = place.toPicture(spot);
    place = placeOf(document, zoomedEye(place, factor, spot), 900, 600);
    assert.ok(near(place.toScreen(before), spot, 1e-6));
  }
  const at = place.toPicture([100, 100]), moved = placeOf(document, pannedEye(place, [3, -2]), 900, 600);
  assert.ok(near(moved.toScreen(at), [103, 98], 1e-6));
  assert.ok(zoomedEye(place, 1e9).unit > 0);
});

test('columns of unlike units have scales of their own, and ellipses are ellipses there', () => {
  const random = chance(3), source = tableSource(2, random);
  for (let i = 1; i < source.points.length; i += 2) source.points[i] *= 1000;
  const document = newDocument(source, someParts(2, 2, random)), place = placeOf(document, null, 800, 600);
  assert.ok(place.units[1] / place.units[0] > 300);
  const ellipse = ellipseOf(flatOf(document), 1, place), {means, factors} = document.parts;
  for (const angle of [0, 1, 2.5]) { // a point of the ellipse in the plane lies on that of the screen
    const u = Math.cos(angle), v = Math.sin(angle), [x, y] = place.toScreen([means[2] + factors[4] * u, means[3] + factors[6] * u + factors[7] * v]);
    const c = Math.cos(ellipse.turn), s = Math.sin(ellipse.turn), dx = x - ellipse.x, dy = y - ellipse.y;
    assert.ok(Math.abs(((c * dx + s * dy) / ellipse.long) ** 2 + ((c * dy - s * dx) / ellipse.short) ** 2 - 1) < 1e-9);
  }
});

test('the likeliest component comes first, hidden ones never', () => {
  const random = chance(4), document = tableDocument(8, 2, random);
  for (let i = 0; i < 50; i++) {
    const at = [4 * random.normal(), 4 * random.normal()], shares = responsibilities(document.parts, at), ranked = rankedAt(document, at);
    for (let j = 1; j < ranked.length; j++) assert.ok(shares[ranked[j - 1]] >= shares[ranked[j]] - 1e-12);
  }
  const hidden = {...document, hidden: Uint8Array.from({length: 8}, (_, i) => (i === 2 ? 1 : 0))}, at = [...document.parts.means.subarray(4, 6)];
  assert.ok(rankedAt(document, at).includes(2) && !rankedAt(hidden, at).includes(2));
  assert.deepEqual(rankedAt(document, [1e6, 0]), []);
});

test('handles are hit in pixels, the nearest first, and fingers reach farther', () => {
  const {handles} = handlesOf({x: 100, y: 100, long: 2, short: 1, turn: 0.3}, 0.1);
  for (const handle of handles) {
    assert.equal(hitHandle(handles, handle.at, 13), handle);
    if (handle.kind !== 'mean' && handle.kind !== 'weight') assert.ok(Math.hypot(handle.at[0] - 100, handle.at[1] - 100) >= 26 - 1e-9);
  }
  const turn = handles.find(({kind}) => kind === 'turn'), away = [turn.at[0] + 18 * Math.cos(-0.6), turn.at[1] + 18 * Math.sin(-0.6)];
  assert.equal(hitHandle(handles, away, reachOf('mouse')), null);
  assert.equal(hitHandle(handles, away, reachOf('touch')), turn);
});

test('handles stand apart at any size and shape of ellipse', () => {
  for (const long of [0.5, 10, 18, 30, 60, 200, 900]) {
    for (const share of [0.01, 0.3, 0.7, 1]) {
      for (const weight of [0.001, 0.06, 0.25, 0.6, 1]) {
        const {handles} = handlesOf({x: 0, y: 0, long, short: share * long, turn: 1}, weight, [-350, -350, 350, 350]);
        for (const a of handles) for (const b of handles) if (a !== b) assert.ok(Math.hypot(a.at[0] - b.at[0], a.at[1] - b.at[1]) > 12, `${a.kind} ${b.kind} ${long} ${share} ${weight}`);
      }
    }
  }
});

test('handles stand within the stage, apart, wherever the mean is', () => {
  const random = chance(13), [left, top, right, bottom] = [14, 14, 376, 256];
  for (let n = 0; n < 400; n++) {
    const ellipse = {x: 390 * random.next(), y: 270 * random.next(), long: 1 + 150 * random.next() ** 2, turn: 3 * random.next()}, weight = random.next() ** 2;
    ellipse.short = ellipse.long * random.next();
    const held = handlesOf(ellipse, weight, [left, top, right, bottom]), {handles} = held;
    for (const kind of ['long', 'short', 'turn', 'weight', 'mean']) assert.ok(handles.some((handle) => handle.kind === kind), `${kind} ${JSON.stringify(ellipse)}`);
    for (const {kind, at: [x, y]} of handles) assert.ok(x >= left && x <= right && y >= top && y <= bottom, `${kind} at ${x}, ${y}`);
    for (const a of handles) for (const b of handles) if (a !== b) assert.ok(Math.hypot(a.at[0] - b.at[0], a.at[1] - b.at[1]) >= 12 - 1e-9, `${a.kind} ${b.kind}`);
    const knob = handles.find(({kind}) => kind === 'weight');
    if (weight < 0.96) assert.ok(Math.abs(pulled(knob, held, knob.at, knob.at, false).weight - weight) < 1e-9); // it does not jump
    assert.ok(near(weighed(held, weight).handles.find(({kind}) => kind === 'weight').at, knob.at, 1e-9));
    const frame = frameOf([ellipse, {...ellipse, x: ellipse.x + 300}], [left, top, right, bottom]);
    for (const {kind, at: [x, y]} of frame.handles) assert.ok(x >= left && x <= right && y >= top && y <= bottom, `${kind} at ${x}, ${y}`);
    const bump = bumpHandlesOf([ellipse.x, ellipse.y], 250, ellipse.long, weight, [left, top, right, bottom]);
    for (const {kind, at: [x, y]} of bump.handles) assert.ok(x >= left && x <= right && y >= top && y <= bottom, `${kind} at ${x}, ${y}`);
    assert.ok(bump.handles.some(({kind}) => kind === 'long'));
  }
  assert.deepEqual(handlesOf({x: 5000, y: 100, long: 20, short: 10, turn: 0}, 0.1, [left, top, right, bottom]).handles.map(({kind, at}) => [kind, ...at]), [['mean', right, 100]]);
});

test('pulling a handle puts the ellipse where the pointer says', () => {
  const random = chance(5), document = pictureDocument(3, random), place = placeOf(document, null, 800, 600), flat = flatOf(document);
  const ellipse = ellipseOf(flat, 0, place), held = handlesOf(ellipse, 0.2), of = (kind) => held.handles.find((handle) => handle.kind === kind);
  const after = (made) => {
    const {A, from, to} = planeMap(place, made);
    return ellipseOf(flatOf(transform(document, [0], A, from, to)), 0, place);
  };
  const moved = after(pulled(of('mean'), held, [10, 10], [35, -2], false));
  assert.ok(near([moved.x, moved.y, moved.long], [ellipse.x + 25, ellipse.y - 12, ellipse.long], 1e-6));
  const straight = after(pulled(of('mean'), held, [10, 10], [35, -2], true));
  assert.ok(near([straight.x, straight.y], [ellipse.x + 25, ellipse.y], 1e-6));
  const grip = of('long'), u = [grip.at[0] - ellipse.x, grip.at[1] - ellipse.y], twice = [grip.at[0] + u[0], grip.at[1] + u[1]];
  const longer = after(pulled(grip, held, grip.at, twice, false)), both = after(pulled(grip, held, grip.at, twice, true));
  assert.ok(near([longer.long, longer.short, longer.turn], [2 * ellipse.long, ellipse.short, ellipse.turn], 1e-6));
  assert.ok(near([both.long, both.short], [2 * ellipse.long, 2 * ellipse.short], 1e-6));
  const knob = of('turn'), c = Math.cos(0.4), s = Math.sin(0.4), w = [knob.at[0] - ellipse.x, knob.at[1] - ellipse.y];
  const turned = after(pulled(knob, held, knob.at, [ellipse.x + c * w[0] - s * w[1], ellipse.y + s * w[0] + c * w[1]], false));
  assert.ok(Math.abs(Math.sin(turned.turn - ellipse.turn - 0.4)) < 1e-9);
  const snapped = after(pulled(knob, held, knob.at, [ellipse.x + c * w[0] - s * w[1], ellipse.y + s * w[0] + c * w[1]], true));
  assert.ok(Math.abs(snapped.turn / (Math.PI / 12) - Math.round(snapped.turn / (Math.PI / 12))) < 1e-6);
  const through = pulled(grip, held, grip.at, [ellipse.x - u[0], ellipse.y - u[1]], false);
  assert.ok(after(through).long > 0);
});

test('the arc is the root of the weight, and does not jump over its ends', () => {
  const ellipse = {x: 0, y: 0, long: 30, short: 20, turn: 0}, held = handlesOf(ellipse, 0.25), knob = held.handles.find(({kind}) => kind === 'weight');
  assert.ok(near(knob.at, [0, held.ring], 1e-6)); // half a turn from the top: a quarter of all
  assert.ok(Math.abs(pulled(knob, held, knob.at, [60, 0], false).weight - 1 / 16) < 1e-12);
  assert.equal(pulled(knob, handlesOf(ellipse, 0.9), knob.at, [5, -40], false).weight, 1);
  assert.equal(pulled(knob, handlesOf(ellipse, 0.01), knob.at, [-5, -40], false).weight, 0);
  const bump = bumpHandlesOf([100, 40], 240, 30, 0.3), top = bump.handles.find(({kind}) => kind === 'weight');
  assert.ok(Math.abs(pulled(top, bump, top.at, [top.at[0], top.at[1] - 100], false).weight - 0.45) < 1e-12);
});

test('a frame around several scales all about the other side', () => {
  const random = chance(6), document = pictureDocument(5, random), place = placeOf(document, null, 800, 600);
  const ellipses = [0, 1, 2].map((i) => ellipseOf(flatOf(document), i, place)), held = frameOf(ellipses), [x0, y0, x1, y1] = held.box;
  for (const ellipse of ellipses) {
    const [w, h] = halfBox(ellipse);
    assert.ok(ellipse.x - w >= x0 && ellipse.x + w <= x1 && ellipse.y - h >= y0 && ellipse.y + h <= y1);
  }
  const corner = held.handles.find(({at}) => at[0] === x1 && at[1] === y1), made = pulled(corner, held, [x1, y1], [x1 + (x1 - x0), y1], false);
  assert.ok(near([...made.A, ...made.from], [2, 0, 0, 1, x0, y0]));
  const {A, from, to} = planeMap(place, made), next = transform(document, [0, 1, 2], A, from, to);
  const after = ellipseOf(flatOf(next), 1, place);
  assert.ok(near([after.x - x0, after.y], [2 * (ellipses[1].x - x0), ellipses[1].y], 1e-6));
  const even = pulled(corner, held, [x1, y1], [x1 + (x1 - x0), y1], true).A;
  assert.equal(even[0], even[3]);
});

test('a lasso takes the means inside of it', () => {
  const square = [[0, 0], [10, 0], [10, 10], [0, 10]];
  assert.ok(isInside(square, [5, 5]) && !isInside(square, [15, 5]) && isInside([...square].reverse(), [5, 5]));
  const document = tableDocument(12, 2, chance(7)), place = placeOf(document, null, 800, 600), polygon = [[0, 0], [400, 0], [400, 600], [0, 600]];
  const found = new Set(lassoed(document, place, polygon));
  for (let i = 0; i < 12; i++) assert.equal(found.has(i), place.toScreen([...document.parts.means.subarray(2 * i, 2 * i + 2)])[0] < 400);
});

test('slices are the conditional densities, and curves hold the mass', () => {
  const document = tableDocument(5, 2, chance(8)), list = sliceOf(document, 1, 0.7), exact = conditional(document.parts, {0: 0.7});
  for (const [weight, mean, wide] of list) {
    const i = exact.means.findIndex((m) => Math.abs(m - mean) < 1e-9);
    assert.ok(Math.abs(exact.weights[i] - weight) < 1e-9 && Math.abs(exact.factors[i] - wide) < 1e-9);
  }
  const curve = curveOf(marginOf(document, 0), -60, 60, 4000);
  let mass = 0;
  for (let i = 1; i < curve.length; i++) mass += ((curve[i][0] - curve[i - 1][0]) * (curve[i][1] + curve[i - 1][1])) / 2;
  assert.ok(Math.abs(mass - 1) < 1e-4);
});

test('who is not shown is left out wherever one looks or asks, and the others keep their weights', () => {
  const random = chance(12), whole = tableDocument(7, 2, random), at = [0.4, -0.3], kept = [0, 2, 3, 5, 6], light = whole.parts.weights.indexOf(Math.min(...kept.map((i) => whole.parts.weights[i])));
  const colours = Array.from({length: 7}, (_, i) => `#0000${(16 + i).toString(16)}`), hidden = Uint8Array.of(0, 1, 0, 0, 1, 0, 0);
  for (const [document, ids] of [[{...whole, hidden, colours}, kept], [{...whole, hidden, colours, look: {...whole.look, count: 4}}, kept.filter((i) => i !== light)]]) {
    const left = subsetOf(whole.parts, ids), share = ids.reduce((sum, i) => sum + whole.parts.weights[i], 0), exact = responsibilities(left, at);
    const seen = shownParts(document);
    assert.deepEqual([...seen.ids], ids);
    assert.equal(seen, shownParts({...document, names: []}));
    for (const [i, part] of answerersAt(document, at, logHere, 0)) assert.ok(Math.abs(part - exact[ids.indexOf(i)]) < 1e-9);
    const asked = placeAnswer(seen.parts, [0, 1], at);
    for (const {i, share: part} of asked.who) assert.ok(Math.abs(part - exact[i]) < 1e-9);
    assert.ok(Math.abs(asked.logDensity - logDensity(left, at) - Math.log(share)) < 1e-9);
    assert.ok(Math.abs(marginOf(document, 1).reduce((sum, [weight]) => sum + weight, 0) - share) < 1e-6);
    assert.ok(Math.abs(sliceOf(document, 1, 0.7).reduce((sum, [weight]) => sum + weight, 0) - 1) < 1e-12);
    assert.ok(Math.abs(massIn(seen.parts, [0, 1], [-1e9, -1e9, 1e9, 1e9]) - share) < 1e-9);
    const tints = new Uint32Array(document.source.points.length / 2);
    colouring(document, tints).go(1e4);
    const blue = responsibilities(left, document.source.points.subarray(0, 2)).reduce((sum, part, c) => sum + part * (16 + ids[c]), 0);
    assert.ok(Math.abs(tints[0] - blue) < 0.6);
  }
  assert.equal(shownParts(whole).parts, whole.parts);
  const none = {...whole, hidden: new Uint8Array(7).fill(1)}, grey = new Uint32Array(whole.source.points.length / 2);
  assert.ok(colouring(none, grey).go(1e4) && grey.every((one) => one === 0x8a8d96));
});

test('points have the colours of those that answer for them, also where values are missing', () => {
  const random = chance(9), document = tableDocument(3, 2, random), {points} = document.source;
  points[1] = NaN;
  points[2] = points[3] = NaN;
  const named = {...document, colours: ['#ff0000', '#00ff00', '#0000ff']}, colours = new Uint32Array(points.length / 2);
  assert.ok(colouring(named, colours).go(1e4));
  for (const i of [2, 50, 199]) {
    const shares = responsibilities(document.parts, points.subarray(2 * i, 2 * i + 2)), rgb = [colours[i] >> 16, (colours[i] >> 8) & 255, colours[i] & 255];
    assert.ok(apart(rgb, Array.from(shares, (share) => 255 * share)) < 0.01);
  }
  assert.equal(colours[1], 0x8a8d96);
  const short = colouring(named, colours);
  assert.equal(short.go(-1), false);
});
