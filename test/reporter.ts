import Mocha from 'mocha';

/**
 * Mocha's own `spec` report, and after it what was left out, which checks failed before the tests
 * (`PATCHBAY_FAILED_CHECKS`, their names), and as the last line `N passed, N failed`, these checks counted as failed.
 */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const leftOut: string[] = [];
    runner.on('pending', (test) => {
      leftOut.push(`${test.fullTitle()} (${whyLeftOut(test)})`);
    });
    runner.once('end', () => {
      const checks = (process.env.PATCHBAY_FAILED_CHECKS ?? '').split(' ').filter((name) => name !== '');
      process.stdout.write(conclusion(this.stats, checks, leftOut));
    });
  }
}

/** A hook that skips its suite may say why in the suite's `leftOut`. */
function whyLeftOut(test: Mocha.Test): string {
  for (
    let suite = test.parent as (Mocha.Suite & { leftOut?: string }) | undefined;
    suite;
    suite = suite.parent
  ) {
    if (suite.leftOut !== undefined) {
      return suite.leftOut;
    }
  }
  return process.getuid?.() === 0 ? 'a program that it needs is not installed' : 'it needs root';
}

function conclusion(stats: Mocha.Stats, checks: readonly string[], leftOut: readonly string[]): string {
  const paragraphs = [
    ...(leftOut.length === 0
      ? []
      : [`LEFT OUT, ${String(leftOut.length)} tests:`, ...leftOut.map((title) => `  - ${title}`)]),
    ...(checks.length === 0 ? [] : [`CHECKS THAT FAILED, see above: ${checks.join(', ')}`]),
  ];
  const counts = [
    `${String(stats.passes)} passed`,
    `${String(stats.failures + checks.length)} failed`,
    ...(leftOut.length === 0 ? [] : [`${String(leftOut.length)} skipped`]),
  ];
  return [...paragraphs, counts.join(', '), ''].join('\n');
}
