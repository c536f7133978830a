import { acceptedDurations, coreError, defaultTimeoutMs, parseDuration, quoted } from '@patchbay/objects';

import { type CommandLine } from './command-line.js';
import { type Format, readFormat } from './format.js';
import { readTarget, type Target } from './target.js';

/** The environment variable that names the default object. */
const objectVariable = 'PATCHBAY_OBJECT';

/** How long `--watch` waits between two calls when it is not told, in milliseconds. */
const usualIntervalMs = 2_000;

/** What a command line and the environment say of a call, but for the name server. */
export interface Settings {
  readonly target: Target;
  /** The object of a METHOD that stands without one. */
  readonly defaultObject: string;
  readonly format: Format;
  /** The file for the bytes that a method gives; undefined: standard output. */
  readonly outputFile: string | undefined;
  /** How long to wait before each further call, in milliseconds; undefined: one call is all. */
  readonly watchMs: number | undefined;
  /** The call's time limit in milliseconds. */
  readonly timeoutMs: number | 'none';
}

/** Gives the object of a METHOD that stands without one, as the environment says. */
export function usualObject(environment: Readonly<Record<string, string | undefined>>): string {
  const variable = environment[objectVariable];
  return variable === undefined || variable === '' ? 'storage' : variable;
}

/** Reads the options over the defaults. @throws RpcError */
export function readSettings({ own, method }: CommandLine, defaultObject: string): Settings {
  const object = own.get('object') ?? defaultObject;
  return {
    target: readTarget(method, object),
    defaultObject: object,
    format: readFormat(own),
    outputFile: own.get('output'),
    watchMs: readInterval(own.get('watch')),
    timeoutMs: readTimeout(own.get('timeout')),
  };
}

function readTimeout(text: string | undefined): number | 'none' {
  if (text === undefined) {
    return defaultTimeoutMs;
  }
  return text === 'none' ? 'none' : readDuration('--timeout', text, 'none or ');
}

function readInterval(text: string | undefined): number | undefined {
  return text === '' ? usualIntervalMs : text === undefined ? undefined : readDuration('--watch', text);
}

function readDuration(option: string, text: string, others = ''): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined || durationMs === 0) {
    throw coreError(
      'ARGUMENT_INVALID',
      `option ${option} must be ${others}${acceptedDurations}, and more than 0, not ${quoted(text)}`,
    );
  }
  return durationMs;
}
