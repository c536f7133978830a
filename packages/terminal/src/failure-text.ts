import { isRpcError } from '@patchbay/objects';

import { jsonText } from './json.js';
import { longForm } from './short-options.js';
import { escapeControls } from './terminal.js';

/**
 * Returns what a command prints on standard error for an error: one line, for an `AggregateError` one for each of its
 * errors. As JSON it is one line too, `{"code","reason","message","details"}`; several errors are its `details.errors`.
 */
export function failureText(error: unknown, asJson: boolean): string {
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  if (!asJson) {
    return errors.map((each) => `${errorLine(each)}\n`).join('');
  }
  const [first] = errors;
  const value =
    first === error || errors.length === 1
      ? fieldsOf(first)
      : { ...fieldsOf(first), message: messageOf(error), details: { errors: errors.map(fieldsOf) } };
  return `${jsonText(value)}\n`;
}

/** Reports whether a command line asks for JSON, also one that is not valid: errors are then JSON too. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  const options = (end < 0 ? argv : argv.slice(0, end)).map(longForm);
  return options.some(
    (each, index) =>
      /^--(?:json(?:=true)?|format=(?:nd)?json)$/.test(each) ||
      (/^(?:nd)?json$/.test(each) && options[index - 1] === '--format'),
  );
}

/**
 * Formats an error as the commands print it: `error: NOT_FOUND IMAGE_NOT_FOUND: no image "ubunut"`. It is one line
 * whatever the message contains, and cannot control the terminal.
 */
export function errorLine(error: unknown): string {
  const { code, reason, message } = fieldsOf(error);
  return escapeControls(`error: ${code} ${reason}: ${message}`);
}

function fieldsOf(error: unknown) {
  const message = messageOf(error);
  return isRpcError(error)
    ? { code: error.code, reason: error.reason, message, details: error.details }
    : { code: 'INTERNAL', reason: 'UNEXPECTED', message, details: {} };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
