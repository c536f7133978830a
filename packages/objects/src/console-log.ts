import { coreError } from './errors/core-errors.js';
import { RpcError } from './errors/rpc-error.js';
import type { Log, LogFields } from './log.js';
import { quoted } from './names.js';

const levels = ['error', 'warn', 'info', 'debug'] as const;
/** How severe a log line is. */
export type LogLevel = (typeof levels)[number];

/** Configures a `consoleLog`. */
export interface ConsoleLogOptions {
  /** The least severe level that is written. Default: `warn`. */
  readonly level?: LogLevel;
  /** Takes each line, which has no line break at its end. Default: writes it to standard error. */
  readonly write?: (text: string) => void;
}

/**
 * Returns a log that writes to standard error: the time, the level, the message, and the fields as `name=value`; below
 * the line of an `error` the stacks of its errors. It is the log of servers and clients that are given none.
 *
 * @throws RpcError `CONFIG_INVALID` for an unknown level
 */
export function consoleLog({ level = 'warn', write = writeToConsole }: ConsoleLogOptions = {}): Log {
  if (!levels.includes(level)) {
    throw coreError('CONFIG_INVALID', `log level ${quoted(level)}: must be ${levels.join(', ')}`);
  }
  const writing = levels.slice(0, levels.indexOf(level) + 1);
  const logWith = (common: LogFields): Log => {
    const at = (each: LogLevel): Log['info'] =>
      writing.includes(each)
        ? (message, fields) => {
            write(textOf(each, message, { ...common, ...fields }));
          }
        : () => undefined;
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: (fields) => logWith({ ...common, ...fields }),
    };
  };
  return logWith({});
}

function writeToConsole(text: string): void {
  // Unlike process.stderr.write, it survives a standard error that nobody reads any more.
  // eslint-disable-next-line no-console -- its purpose
  console.error(text);
}

function textOf(level: LogLevel, message: string, fields: LogFields): string {
  const values = Object.entries(fields).map(([name, value]) => ` ${name}=${valueText(value)}`);
  const line = `${new Date().toISOString()} ${level.toUpperCase().padEnd(5)} ${message}${values.join('')}`;
  return level === 'error'
    ? [line, ...Object.values(fields).flatMap((value) => stackLines(value))].join('\n')
    : line;
}

/** Formats a value on one line, whatever it is: what came from outside must neither forge a line nor lose it. */
function valueText(value: unknown): string {
  try {
    if (value instanceof Error) {
      return JSON.stringify(errorText(value));
    }
    if (typeof value === 'string' && /^[\w.:/[\]-]+$/.test(value)) {
      return value;
    }
    const json: unknown = JSON.stringify(value); // undefined for what JSON leaves out
    return typeof json === 'string' ? json : String(value);
  } catch {
    return '[unreadable]';
  }
}

/** Returns an error's message, and that of its cause where the former does not quote it. */
function errorText(error: Error): string {
  const { message, cause } = error;
  const why = cause instanceof Error && !message.includes(cause.message) ? ` (${cause.message})` : '';
  return `${error instanceof RpcError ? `${error.reason}: ` : ''}${message}${why}`;
}

/** How many causes of an error are followed. */
const maxCauses = 8;

/** Returns the indented stack of an error, and those of its causes; nothing for any other value. */
function stackLines(error: unknown, depth = 0): string[] {
  if (!(error instanceof Error) || depth > maxCauses) {
    return [];
  }
  const [first = '', ...rest] = String(error.stack).split('\n');
  const lines = [`${depth === 0 ? '' : 'caused by '}${first}`, ...rest];
  return [
    ...lines.map((line) => `    ${line.replace(/\p{Cc}/gu, '?')}`),
    ...stackLines(error.cause, depth + 1),
  ];
}
