/** A test that failed. */
export interface Failure {
  /** Its full title. */
  readonly title: string;
  /** The message of its error and the first places of its stack. */
  readonly error: string;
}

/** What came of one run of tests. */
export interface Tally {
  readonly passed: number;
  readonly failures: readonly Failure[];
  /** The titles of the tests that were left out, each with why. */
  readonly leftOut: readonly string[];
}

/** A check, or a run of tests that did not get to its end, and the last lines that it printed. */
export interface FailedCheck {
  readonly name: string;
  readonly output: string;
}

/** What came of everything. */
export interface Outcome {
  readonly tallies: readonly Tally[];
  readonly failedChecks: readonly FailedCheck[];
  /** What failed beside other jobs, and passed when it ran again alone. */
  readonly busyFailures: readonly Failure[];
}

/** How many lines of a failed check's output the conclusion repeats. */
const outputLines = 30;

/**
 * Summarizes all test runs and checks: the skipped tests, the failures with their errors, so that the end of a log is
 * enough to know them, and as its last line `N passed, N failed`, which counts failed checks too.
 */
export function conclusion({ tallies, failedChecks, busyFailures }: Outcome): string {
  const leftOut = tallies.flatMap((each) => each.leftOut);
  const failures = tallies.flatMap((each) => each.failures);
  const passed = tallies.reduce((total, each) => total + each.passed, 0);
  const counts = [
    `${String(passed)} passed`,
    `${String(failures.length + failedChecks.length)} failed`,
    ...(leftOut.length === 0 ? [] : [`${String(leftOut.length)} skipped`]),
  ];
  return [
    ...section('LEFT OUT', leftOut),
    ...section('FAILED BESIDE OTHER TESTS, PASSED ALONE', busyFailures.map(failureText)),
    ...section('FAILED', failures.map(failureText)),
    ...failedChecks.flatMap(({ name, output }) => [
      `CHECK THAT FAILED: ${name}`,
      ...output.trimEnd().split('\n').slice(-outputLines),
    ]),
    counts.join(', '),
    '',
  ].join('\n');
}

function section(heading: string, items: readonly string[]): string[] {
  return items.length === 0
    ? []
    : [`${heading}, ${String(items.length)} tests:`, ...items.map((item) => `  - ${item}`)];
}

function failureText({ title, error }: Failure): string {
  return [title, ...error.split('\n').map((line) => `      ${line}`)].join('\n');
}
