import { escapeControls } from '@patchbay/terminal';

/** The parts of a line; the fields are plain JSON values. */
export interface LogRecord {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Formats a record as one line of JSON; a field named like one of the line's own gets `_` appended. */
export function jsonLine({ time, level, message, fields }: LogRecord): string {
  const own = { time, level, message };
  const renamed = Object.entries(fields).map(
    ([name, value]) => [name in own ? `${name}_` : name, value] as const,
  );
  return JSON.stringify({ ...own, ...Object.fromEntries(renamed) });
}

/**
 * Formats a record for people: time, level, message, fields as `name=value`, and below it the indented stack of each
 * error. Control characters are escaped, so that no text from outside can forge a line.
 */
export function textLine({ time, level, message, fields }: LogRecord): string {
  const parts: string[] = [time, level.toUpperCase().padEnd(5), escapeControls(message)];
  const stacks: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (isLoggedError(value)) {
      parts.push(`${name}=${fieldText(value.message)}`);
      stacks.push(...errorLines(value, ''));
    } else {
      parts.push(`${name}=${fieldText(value)}`);
    }
  }
  return [parts.join(' '), ...stacks].join('\n');
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

/** Formats an error's stack and those of its causes; anything else that was thrown as JSON. */
function errorLines(error: unknown, introduction: string): string[] {
  if (!isLoggedError(error)) {
    return [`    ${introduction}${fieldText(error)}`];
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

function fieldText(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@%+-]+$/.test(value)
    ? value
    : escapeControls(JSON.stringify(value));
}
