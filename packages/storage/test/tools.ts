import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

import { isRpcError, type RpcError } from '@patchbay/core';

/**
 * Skips the test or suite, with `this.skip()`, on a machine without root or without one of the programs; where
 * `CI` is `true` it fails instead, as nothing may be left out there. For use in a `before` hook.
 */
export function requireTools(context: Mocha.Context, ...programs: readonly string[]): void {
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

/** Gives the error of ours that a promise rejects with; one that fulfils, or rejects with another, throws. */
export async function refusal(promise: Promise<unknown>): Promise<RpcError> {
  try {
    await promise;
  } catch (error) {
    if (isRpcError(error)) {
      return error;
    }
    throw error;
  }
  throw new Error('it was not refused');
}
