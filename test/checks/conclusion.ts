/** What came of one run of tests. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** The titles of the tests that were left out, each with why. */
  readonly leftOut: readonly string[];
}

/**
 * Says what came of all runs of tests and of the other checks: what was left out, which checks failed, and as the last
 * line `N passed, N failed`, these checks counted as failed.
 */
export function conclusion(tallies: readonly Tally[], failedChecks: readonly string[]): string {
  const sum = (count: (tally: Tally) => number): number =>
    tallies.reduce((total, each) => total + count(each), 0);
  const leftOut = tallies.flatMap((each) => each.leftOut);
  const paragraphs = [
    ...(leftOut.length === 0
      ? []
      : [`LEFT OUT, ${String(leftOut.length)} tests:`, ...leftOut.map((title) => `  - ${title}`)]),
    ...(failedChecks.length === 0 ? [] : [`CHECKS THAT FAILED, see above: ${failedChecks.join(', ')}`]),
  ];
  const counts = [
    `${String(sum(({ passed }) => passed))} passed`,
    `${String(sum(({ failed }) => failed) + failedChecks.length)} failed`,
    ...(leftOut.length === 0 ? [] : [`${String(leftOut.length)} skipped`]),
  ];
  return [...paragraphs, counts.join(', '), ''].join('\n');
}
