import Mocha from 'mocha';
import { appendFileSync } from 'node:fs';

import type { Failure, Tally } from './conclusion.js';

/** How many lines of an error the tally keeps: its message, and where it came from. */
const errorLines = 20;

/** Mocha's own `spec` report; what came of the run it adds as a line to the file that `PATCHBAY_TALLY` names. */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const leftOut: string[] = [];
    const failures: Failure[] = [];
    runner.on('fail', (test, error: Error) => {
      failures.push({ title: test.fullTitle(), error: errorText(error) });
    });
    runner.on('pending', (test) => {
      leftOut.push(`${test.fullTitle()} (${whyLeftOut(test)})`);
    });
    runner.once('end', () => {
      const { passes: passed } = this.stats;
      const { PATCHBAY_TALLY: file } = process.env;
      if (file !== undefined) {
        appendFileSync(file, `${JSON.stringify({ passed, failures, leftOut } satisfies Tally)}\n`);
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

function errorText(error: Error): string {
  const text = error.stack ?? error.message;
  return text.split('\n').slice(0, errorLines).join('\n');
}
