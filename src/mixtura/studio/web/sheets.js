// What the painter is given: a document's mixture, an eye, a look; and tables that are tinted so that points stand out.
import {isPicture, remembered, rgbOf} from './document.js'
import {marginal} from './algebra.js'
import {paletteShades} from './palettes.js'

const TINT = 0.36 // of a palette that lies under points
const PLOT_REACH = 4.6 // standard deviations to the outermost contour of a plot
const PAINTED = ['style', 'tone', 'colours', 'ink', 'paper', 'sharpen', 'count', 'dots', 'radius']

/** Whether there is something to paint. */
export function paints({parts, axes, look}) {
  return parts !== null && axes.length === 2 && look.view !== 'original'
}

/** All that the painted sheet depends on; two alike need no new painting. */
export function sheetKey(document, place, ratio, theme) {
  const {parts, hidden, axes, look} = document
  return [parts, hidden, axes, place, ratio, theme, ...PAINTED.map((name) => look[name])]
}

/** The painter told of a document, and what to draw of it in a part [x, y, width, height] of the stage. */
export function aim(painter, document, place, [x, y, width, height], inks) {
  const picture = isPicture(document), {parts, axes, hidden, look} = document, [ux, uy] = place.units, ratio = ux / uy
  const seen = {sharpen: look.sharpen, count: look.count, hidden, frame: picture ? document.source.frame : null, up: !picture}
  if (picture) painter.setParts(parts, axes, seen)
  else if (ratio === 1) painter.setParts(parts, axes, {...seen, colour: false})
  else painter.setParts(stretchedParts(parts, axes, ratio), [0, 1], {...seen, colour: false})
  const middle = place.toPicture([x + width / 2, y + height / 2]), [x0, y0] = place.toPicture([x, y + height]), [x1, y1] = place.toPicture([x + width, y])
  return {
    eye: {x: middle[0], y: middle[1] * ratio, unit: ux}, width, height, look: picture ? look : plotLook(look, inks),
    frame: picture ? [x0, y1, x1, y0] : [x0, y0 * ratio, x1, y1 * ratio],
  }
}

const stretches = new WeakMap()

/** A mixture on two axes with the second one in other units, so that both have one scale on the screen. */
function stretchedParts(parts, [a, b], ratio) {
  const known = remembered(stretches, parts, () => new Map()), key = `${a},${b},${ratio}`
  if (!known.has(key)) {
    const {k, d, weights, means, factors} = marginal(parts, [a, b])
    known.clear()
    known.set(key, {k, d, weights, means: means.map((v, at) => (at % 2 ? v * ratio : v)), factors: factors.map((v, at) => (at % 4 > 1 ? v * ratio : v))})
  }
  return known.get(key)
}

const lightness = ([r, g, b]) => 0.3 * r + 0.59 * g + 0.11 * b

/** A look for a plot: on the colour of its sheet, and so soft that points and ellipses stand out. */
function plotLook(look, inks) {
  const raised = rgbOf(inks.raised), shades = paletteShades(look.colours), far = (rgb) => Math.abs(lightness(rgb) - lightness(raised))
  const outward = far(shades[0]) > far(shades.at(-1)) ? [...shades].reverse() : shades // the densest, what differs most from the sheet
  const soft = outward.map((shade, i) => shade.map((v, c) => raised[c] + (v - raised[c]) * TINT * Math.min(1, i / (shades.length - 1))))
  return {...look, reach: PLOT_REACH, lines: false, shades: soft, paper: look.paper ?? inks.raised, ink: look.ink ?? inks.text}
}
