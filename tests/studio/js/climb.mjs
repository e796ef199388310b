// Whole climbs, for the tests that compare them with mx.fit.
const WEB = '../../../src/mixtura/studio/web/';
const {byColumns} = await import(`${WEB}expect.js`);
const {climbFrom, climbed, criteriaOf} = await import(`${WEB}em.js`);
const {choiceOf, randomFrom, wholeUpTo} = await import(`${WEB}random.js`);
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

/** What a generator draws, of all kinds that starts need. */
export function draws(seed) {
  const random = randomFrom(seed), first = random.uniform(), few = [...choiceOf(random, 440, 6)];
  const many = [[399, true], [401, true], [999, false], [1001, false]].flatMap(([size, mixed]) => [...choiceOf(random, 20000, size, mixed)]);
  const whole = Array.from({length: 5}, () => wholeUpTo(random, 2));
  return Float64Array.of(first, ...few, ...many, whole[4], random.uniform());
}
