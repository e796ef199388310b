// Exact EM, as mx.fit: a climb is a value, and one step of it a function to the next.
import {expectation, labelled} from './expect.js';
import {FitProblem, allowedParts, logPrior, lostParts, maximised, priorOf, revivedParts} from './maximise.js';

const FLOOR = 1e-6; // added to variances, as mx.fit's reg_covar
const ROUNDOFF = 1e-12; // of the objective: a smaller fall is no fault of the step

/**
 * The climb that begins at these parts: {parts, sums, objective (log likelihood a point), value (with the prior, what
 * never falls), gain, iteration, reason: null while it goes on}.
 * points: see byColumns. settings: {kind, tol, limit, prior: whether there is one, pins: Uint8Array(k) | null}.
 */
export function climbFrom(points, parts, settings) {
  const {kind = 'full', tol = 1e-3, limit = 100, prior = false, pins = null, floor = FLOOR} = settings;
  checkPins(parts, kind, pins);
  const told = {kind, tol, limit, floor, pins, prior: prior ? priorOf(points, parts.k, kind) : null};
  const here = reached(points, allowedParts(parts, parts, told), told);
  return {...here, points, settings: told, gain: Infinity, iteration: 0, reason: limit > 0 ? null : 'limit'};
}

/** The climb one step on. A step that would lower the objective is not taken: the climb has then stalled. */
export function climbed(climb) {
  const {points, settings} = climb, higher = nextOf(climb);
  if (higher === null) return {...climb, reason: 'converged'};
  const iteration = climb.iteration + 1, gain = higher.value - climb.value;
  // As in scikit-learn, the step after the small one is still taken.
  const settled = Math.abs(climb.gain) < settings.tol;
  const reason = settled ? 'converged' : iteration >= settings.limit ? 'limit' : null;
  return {points, settings, ...higher, gain, iteration, reason};
}

function nextOf({points, parts, sums, value, settings}) {
  const plain = maximised(sums, parts, settings), gone = lostParts(sums).length;
  if (gone) {
    const revived = revivedParts(plain, gone, settings.kind);
    const found = reached(points, allowedParts(revived, parts, settings), settings);
    if (found.value >= value) return found;
  }
  const found = reached(points, plain, settings);
  if (found.value >= value) return found;
  if (settings.floor && value - found.value > ROUNDOFF * Math.abs(value)) {
    const floored = reached(points, maximised(sums, parts, settings, true), settings);
    if (floored.value >= value) return floored;
  }
  return null;
}

function reached(points, parts, {kind, prior}) {
  const sums = expectation(points, parts), objective = sums.logLikelihood;
  if (!Number.isFinite(objective)) {
    throw new FitProblem('A point lies too far from every component to be counted.',
      'Begin again, or move a component nearer to the points.');
  }
  return {parts, sums, objective, value: prior ? objective + logPrior(prior, parts, kind) / points.n : objective};
}

function checkPins(parts, kind, pins) {
  if (!pins) return;
  const covariances = pins.filter((pin) => pin & 2).length;
  if (kind === 'tied' && covariances > 0 && covariances < parts.k) {
    throw new FitProblem('Tied components share one covariance, so it cannot be pinned in some of them.',
      'Pin it in all of them, or fit full ones.');
  }
  let kept = 0;
  pins.forEach((pin, i) => { if (pin & 4) kept += parts.weights[i]; });
  if (pins.some((pin) => pin & 4) && !pins.every((pin) => pin & 4) && kept >= 1 - 1e-12) {
    throw new FitProblem('The pinned weights sum to 1, so nothing is left for the other components.',
      'Lower a pinned weight, or release one.');
  }
}

/** How many free numbers a mixture of this family has. */
function parameterCount({k, d}, kind) {
  const matrix = (d * (d + 1)) / 2;
  return k - 1 + k * d + {full: k * matrix, tied: matrix, diag: k * d, spherical: k}[kind];
}

/** {bic, icl, aic}: lower is better. */
export function criteriaOf(points, parts, kind, objective) {
  const count = parameterCount(parts, kind), lack = -2 * objective * points.n;
  const bic = lack + count * Math.log(points.n);
  return {bic, icl: bic - 2 * labelled(points, parts).surest, aic: lack + 2 * count};
}
