// Whole climbs, for the tests that compare them with mx.fit.
const WEB = '../../../src/mixtura/studio/web/';
const {byColumns, expectation} = await import(`${WEB}expect.js`);
const {climbFrom, climbed, criteriaOf} = await import(`${WEB}em.js`);
const {startOf} = await import(`${WEB}starts.js`);

/** The objectives and the last parts of EM from these parts, or from a start by name. */
export function climb(rows, d, begin, settings) {
  const points = byColumns(rows, d), {kind} = settings;
  let at = climbFrom(points, begin.factors ? begin : startOf(points, begin.k, {...settings, ...begin}), settings);
  const objectives = [at.objective];
  while (at.reason === null) {
    at = climbed(at);
    if (at.iteration === objectives.length) objectives.push(at.objective);
  }
  const {reason, parts, value} = at;
  return {objectives, reason, parts, value, criteria: criteriaOf(points, parts, kind, at.objective)};
}

export function start(rows, d, k, settings) {
  return startOf(byColumns(rows, d), k, settings);
}

/** The best time of a step in milliseconds. */
export function stepTime(rows, d, parts, times) {
  const points = byColumns(rows, d);
  let best = Infinity;
  for (let i = 0; i < times; i++) {
    const before = performance.now();
    expectation(points, parts);
    best = Math.min(best, performance.now() - before);
  }
  return best;
}
