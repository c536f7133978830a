import { escapeControls } from '@patchbay/terminal';

/** One line's parts; the fields are plain JSON values. */
export interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Writes a record as one line of JSON; a field that is named like one of the line's own gets a `_` behind it. */
export function jsonLine({ time, level, message, fields }: LogRecord): string {
  const own = { time, level, message };
  const renamed = Object.entries(fields).map(
    ([name, value]) => [name in own ? `${name}_` : name, value] as const,
  );
  return JSON.stringify({ ...own, ...Object.fromEntries(renamed) });
}

/**
 * Writes a record for people: time, level, message, fields as `name=value`, and below it the stack of each error,
 * indented. Control characters are escaped, so that no text from outside can pretend to be a line of its own.
 */
export function textLine({ time, level, message, fields }: LogRecord): string {
  const words: string[] = [time, level.toUpperCase().padEnd(5), escapeControls(message)];
  const stacks: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (isLoggedError(value)) {
      words.push(`${name}=${word(value.message)}`);
      stacks.push(...errorLines(value, ''));
    } else {
      words.push(`${name}=${word(value)}`);
    }
  }
  return [words.join(' '), ...stacks].join('\n');
}

interface LoggedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

function isLoggedError(value: unknown): value is LoggedError {
  return typeof value === 'object' && value !== null && 'stack' in value && typeof value.stack === 'string';
}

/** Writes an error's stack, its cause's, and so on; what is not an error (anything can be thrown) as JSON. */
function errorLines(error: unknown, introduction: string): string[] {
  if (!isLoggedError(error)) {
    return [`    ${introduction}${word(error)}`];
  }
  const [first = '', ...rest] = error.stack.split('\n').map((line) => `    ${escapeControls(line)}`);
  const lines = [first.replace('    ', `    ${introduction}`), ...rest];
  for (const inner of error.errors ?? []) {
    lines.push(...errorLines(inner, 'one of: '));
  }
  if (error.cause !== undefined) {
    lines.push(...errorLines(error.cause, 'caused by: '));
  }
  return lines;
}

function word(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@%+-]+$/.test(value)
    ? value
    : escapeControls(JSON.stringify(value));
}
