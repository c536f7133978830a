import {
  acceptedDurations,
  type CallMetadata,
  coreError,
  parseDuration,
  parseObjectName,
  quoted,
  type TimeLimit,
} from '@patchbay/objects';
import { type Format, readFormat } from '@patchbay/terminal';

import type { CommandLine } from './command-line.js';

/** How long `--watch` waits between two calls by default, in milliseconds. */
const defaultIntervalMs = 2_000;

/** What a command line calls. */
export interface Target {
  readonly object: string;
  /** Undefined when no method was named. */
  readonly method: string | undefined;
  /** What precedes the name of a method of the same object, such as `rpcclient echo.`. */
  readonly prefix: string;
}

/** What a command line says of the job that a call is to be. */
export interface Submission {
  /** The selector of hosts; undefined: it is made where its object is. */
  readonly on: string | undefined;
  /** The policy as it was typed. */
  readonly policy: string | undefined;
  /** Whether to return at once. */
  readonly returns: boolean;
}

/** What the command line and the environment set for a call, except the name server. */
export interface Settings {
  readonly target: Target;
  /** The object of a METHOD without one. */
  readonly defaultObject: string;
  readonly format: Format;
  /** The file for the bytes that a method returns; undefined: standard output. */
  readonly outputFile: string | undefined;
  /** How long to wait before each further call, in milliseconds; undefined: call once. */
  readonly watchMs: number | undefined;
  /** The call's time limit; undefined: the one that the method declares. */
  readonly timeoutMs: TimeLimit | undefined;
  /** Travels with the call. */
  readonly metadata: CallMetadata;
  /** How the call is submitted as a job; undefined: it is made directly. */
  readonly submission: Submission | undefined;
  /** Whether a method that is a job by default is submitted. */
  readonly mayBeJob: boolean;
  /** Whether a person is asked before something is destroyed, where that is possible. */
  readonly asksFirst: boolean;
}

/** Returns the object of a METHOD without one, as the environment sets it. */
export function defaultObjectIn(environment: Readonly<Record<string, string | undefined>>): string {
  const { PATCHBAY_OBJECT: variable = '' } = environment;
  return variable === '' ? 'storage' : variable;
}

/** Reads the settings of a command line. @throws RpcError `NAME_INVALID`, `ARGUMENT_MISSING`, `ARGUMENT_INVALID` */
export function readSettings({ options, method }: CommandLine, defaultObject: string): Settings {
  const object = options.get('object') ?? defaultObject;
  const reason = options.get('reason');
  return {
    target: readTarget(method, object),
    defaultObject: object,
    format: readFormat(options.get('format'), options.has('json')),
    outputFile: options.get('output'),
    watchMs: readInterval(options.get('watch')),
    timeoutMs: readTimeout(options.get('timeout')),
    metadata: reason === undefined ? {} : { reason },
    submission: readSubmission(options),
    mayBeJob: !options.has('no-async'),
    asksFirst: !options.has('yes'),
  };
}

function readSubmission(options: CommandLine['options']): Submission | undefined {
  const [on, policy, isAsync] = [options.get('on'), options.get('job'), options.has('async')];
  if (options.has('no-async') && (isAsync || on !== undefined || policy !== undefined)) {
    throw coreError('ARGUMENT_INVALID', '--no-async contradicts --async, --on and --job; give either');
  }
  return isAsync || on !== undefined || policy !== undefined
    ? { on, policy, returns: isAsync || on === undefined }
    : undefined;
}

/**
 * Parses `[OBJECT.]METHOD`, which splits at its last dot because an object's name may have dots; without an object the
 * default one is meant. @throws RpcError `NAME_INVALID`, `ARGUMENT_MISSING`
 */
export function readTarget(selector: string | undefined, defaultObject: string): Target {
  const dot = selector?.lastIndexOf('.') ?? -1;
  if (selector === undefined || dot < 0) {
    return { object: parseObjectName(defaultObject), method: selector, prefix: 'rpcclient ' };
  }
  const object = parseObjectName(selector.slice(0, dot));
  const method = selector.slice(dot + 1);
  if (method === '') {
    throw coreError('ARGUMENT_MISSING', `no method follows the dot of ${quoted(selector)}`);
  }
  return { object, method, prefix: `rpcclient ${object}.` };
}

function readTimeout(text: string | undefined): TimeLimit | undefined {
  return text === undefined || text === 'none' ? text : readDuration('--timeout', text, 'none or ');
}

function readInterval(text: string | undefined): number | undefined {
  return text === '' ? defaultIntervalMs : text === undefined ? undefined : readDuration('--watch', text);
}

function readDuration(option: string, text: string, others = ''): number {
  const durationMs = parseDuration(text);
  if (durationMs === undefined || durationMs === 0) {
    const expected = `${others}${acceptedDurations}, and more than 0`;
    throw coreError('ARGUMENT_INVALID', `option ${option} must be ${expected}, not ${quoted(text)}`);
  }
  return durationMs;
}
