// Small drawings of the samples that are points: what they look like, not their very numbers.

import { el } from './dom.js';

const THUMB_WIDTH = 192, THUMB_HEIGHT = 128, THUMB_INK = '#44505f', THUMB_PAPER = '#f7f4ee';

/** Numbers in 0..1 that are the same each time. */
function dice(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function thumbBell(roll) {
  return Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll());
}

const thumbBlob = (x, y, s, n) => (roll) => Array.from({ length: n }, () => [x + s * thumbBell(roll), y + s * thumbBell(roll)]);
const THUMB_SHAPES = {
  moons: (roll) => Array.from({ length: 260 }, (_, i) => {
    const t = Math.PI * roll(), up = i % 2;
    const [x, y] = up ? [Math.cos(t), Math.sin(t)] : [1 - Math.cos(t), 0.5 - Math.sin(t)];
    return [0.5 + 0.27 * (x - 0.5 + 0.1 * thumbBell(roll)), 0.5 - 0.36 * (y - 0.25 + 0.1 * thumbBell(roll))];
  }),
  blobs: (roll) => [thumbBlob(0.25, 0.35, 0.06, 70), thumbBlob(0.55, 0.7, 0.06, 70), thumbBlob(0.76, 0.3, 0.06, 70)].flatMap((each) => each(roll)),
  geyser: (roll) => [thumbBlob(0.3, 0.7, 0.07, 80), thumbBlob(0.68, 0.32, 0.08, 130)].flatMap((each) => each(roll)),
  ring: (roll) => Array.from({ length: 200 }, () => {
    const t = 2 * Math.PI * roll();
    return [0.5 + (0.24 + 0.02 * thumbBell(roll)) * Math.cos(t), 0.5 + (0.34 + 0.03 * thumbBell(roll)) * Math.sin(t)];
  }),
  unequal: (roll) => [thumbBlob(0.35, 0.5, 0.13, 180), thumbBlob(0.78, 0.4, 0.025, 50)].flatMap((each) => each(roll)),
};

/** A canvas with dots in the way of the sample of that name. */
export function pointsThumbnail(name) {
  const canvas = el('canvas', { width: THUMB_WIDTH, height: THUMB_HEIGHT, 'aria-hidden': 'true' }), g = canvas.getContext('2d');
  const shape = THUMB_SHAPES[Object.keys(THUMB_SHAPES).reverse().find((key) => name.includes(key)) ?? 'blobs'];
  g.fillStyle = THUMB_PAPER;
  g.fillRect(0, 0, THUMB_WIDTH, THUMB_HEIGHT);
  g.fillStyle = THUMB_INK;
  for (const [x, y] of shape(dice(name.length + 7))) {
    g.beginPath();
    g.arc(x * THUMB_WIDTH, y * THUMB_HEIGHT, 1.8, 0, 7);
    g.fill();
  }
  return canvas;
}
