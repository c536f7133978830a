import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** The part of mocha's context that skips a suite. */
export interface SkippableContext {
  /** Skips the test or suite. */
  skip(): void;
  /** Returns the test or hook that is running. */
  runnable(): { readonly parent?: object | undefined };
}

/**
 * Skips the test or suite, with `this.skip()`, without root or one of the programs; with `CI=true` it fails instead, as
 * nothing may be skipped there. For use in a `before` hook.
 */
export function requireTools(context: SkippableContext, ...programs: readonly string[]): void {
  requireAll(context, [
    ...(process.getuid?.() === 0 ? [] : ['root']),
    ...programs.filter((program) => !isInstalled(program)).map((program) => `the program ${program}`),
  ]);
}

/** Does the same for anything that is missing, by its description. */
export function requireAll(context: SkippableContext, missing: readonly string[]): void {
  if (missing.length === 0) {
    return;
  }
  if (process.env.CI === 'true') {
    throw new Error(`this test needs ${missing.join(', ')}, and with CI=true nothing may be skipped`);
  }
  // The report of the test run shows this next to each skipped test.
  Object.assign(context.runnable().parent ?? {}, { leftOut: `it needs ${missing.join(', ')}` });
  context.skip();
}

function isInstalled(program: string): boolean {
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
