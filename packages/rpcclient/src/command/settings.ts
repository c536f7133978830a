import { acceptedDurations, coreError, defaultTimeoutMs, parseDuration, quoted } from '@patchbay/core';

import { type CommandLine } from './command-line.js';
import { readTarget, type Target } from './target.js';

/** The environment variable that names the default object. */
const objectVariable = 'PATCHBAY_OBJECT';

/** What a command line and the environment say of a call, but for the name server. */
export interface Settings {
  readonly target: Target;
  /** The call's time limit in milliseconds. */
  readonly timeoutMs: number | 'none';
}

/** Reads the options over the environment over the defaults. @throws RpcError */
export function readSettings(
  { own, method }: CommandLine,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const variable = environment[objectVariable];
  const object = own.get('object') ?? (variable === undefined || variable === '' ? 'storage' : variable);
  return { target: readTarget(method, object), timeoutMs: readTimeout(own.get('timeout')) };
}

function readTimeout(text: string | undefined): number | 'none' {
  if (text === undefined) {
    return defaultTimeoutMs;
  }
  if (text === 'none') {
    return 'none';
  }
  const timeoutMs = parseDuration(text);
  if (timeoutMs === undefined || timeoutMs === 0) {
    throw coreError(
      'ARGUMENT_INVALID',
      `option --timeout must be none or ${acceptedDurations}, and more than 0, not ${quoted(text)}`,
    );
  }
  return timeoutMs;
}
