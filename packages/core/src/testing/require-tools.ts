import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** What of mocha's context it takes to skip a suite. */
export interface SkippableContext {
  skip(): void;
  runnable(): { readonly parent?: object | undefined };
}

/**
 * Skips the test or suite, with `this.skip()`, on a machine without root or without one of the programs; where
 * `CI` is `true` it fails instead, as nothing may be left out there. For use in a `before` hook.
 */
export function requireTools(context: SkippableContext, ...programs: readonly string[]): void {
  const missing = programs.filter((program) => !isInstalled(program));
  const reasons = [
    ...(process.getuid?.() === 0 ? [] : ['root']),
    ...missing.map((program) => `the program ${program}`),
  ];
  if (reasons.length === 0) {
    return;
  }
  if (process.env.CI === 'true') {
    throw new Error(`this test needs ${reasons.join(', ')}, and with CI=true nothing may be skipped`);
  }
  // The report of the test run tells this beside each test that it leaves out.
  Object.assign(context.runnable().parent ?? {}, { leftOut: `it needs ${reasons.join(', ')}` });
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
