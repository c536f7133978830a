import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** What of mocha's context it takes to skip a suite. */
export interface SkippableContext {
  /** Leaves the test or suite out. */
  skip(): void;
  /** Gives what runs now. */
  runnable(): { readonly parent?: object | undefined };
}

/**
 * Skips the test or suite, with `this.skip()`, on a machine without root or without one of the programs; where
 * `CI` is `true` it fails instead, as nothing may be left out there. For use in a `before` hook.
 */
export function requireTools(context: SkippableContext, ...programs: readonly string[]): void {
  requireAll(context, [
    ...(process.getuid?.() === 0 ? [] : ['root']),
    ...programs.filter((program) => !isInstalled(program)).map((program) => `the program ${program}`),
  ]);
}

/** Does the same where anything at all is missing, named as it shall be told. */
export function requireAll(context: SkippableContext, missing: readonly string[]): void {
  if (missing.length === 0) {
    return;
  }
  if (process.env.CI === 'true') {
    throw new Error(`this test needs ${missing.join(', ')}, and with CI=true nothing may be skipped`);
  }
  // The report of the test run tells this beside each test that it leaves out.
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
