// The painter of the studio: all styles, with WebGL2 or without.
import { easel } from './easel.js';
import { dotStore, groundOf, marksOf } from './strewn.js';

// See easel.js for what it makes.
export function painter(canvas, options = {}) {
  return easel(canvas, { marks: { dotStore, groundOf, marksOf }, ...options });
}
