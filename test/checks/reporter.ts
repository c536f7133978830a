import Mocha from 'mocha';
import { appendFileSync } from 'node:fs';

import type { Tally } from './conclusion.js';

/** Mocha's own `spec` report; what came of the run it adds as a line to the file that `PATCHBAY_TALLY` names. */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const leftOut: string[] = [];
    runner.on('pending', (test) => {
      leftOut.push(`${test.fullTitle()} (${whyLeftOut(test)})`);
    });
    runner.once('end', () => {
      const { passes: passed, failures: failed } = this.stats;
      const { PATCHBAY_TALLY: file } = process.env;
      if (file !== undefined) {
        appendFileSync(file, `${JSON.stringify({ passed, failed, leftOut } satisfies Tally)}\n`);
      }
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
