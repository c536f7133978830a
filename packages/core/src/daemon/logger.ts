import { Writable } from 'node:stream';

import winston from 'winston';
import { z } from 'zod';

import { type Clock, systemClock } from '../clock.js';
import { type Log, type LogFields } from '../log.js';
import { type Unit } from '../object/schemas.js';
import { type LogDestination, streamDestination } from './log-destination.js';
import { loggable } from './log-fields.js';
import { LogFile } from './log-file.js';
import { jsonLine, textLine } from './log-lines.js';

/** The schema of a daemon's `log` settings. */
export const logSettings = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** `auto` writes text to a terminal and JSON to anything else. */
  format: z.enum(['auto', 'text', 'json']).default('auto'),
  /** Default: standard error. */
  file: z.string().min(1).optional(),
  /** When the file has grown to this many bytes, a new one is begun. */
  maxBytes: z
    .int()
    .min(65_536)
    .meta({ unit: 'bytes' satisfies Unit })
    .default(16_777_216),
  /** How many older files stay. */
  keep: z.int().min(1).max(100).default(3),
});
export type LogSettings = z.infer<typeof logSettings>;

/**
 * Opens the log that the settings ask for. @throws RpcError `CONFIG_INVALID` when its file cannot be opened
 */
export function openLog(
  settings: LogSettings,
  stderr: Writable & { readonly isTTY?: boolean } = process.stderr,
): Log {
  const toTerminal = settings.file === undefined && stderr.isTTY === true;
  const automatic = toTerminal ? 'text' : 'json';
  return createLogger({
    level: settings.level,
    format: settings.format === 'auto' ? automatic : settings.format,
    destination:
      settings.file === undefined ? streamDestination(stderr) : new LogFile(settings.file, settings),
  });
}

export interface LoggerOptions {
  readonly level: LogSettings['level'];
  readonly format: 'text' | 'json';
  readonly destination: LogDestination;
  /** Dates the lines; default: the machine's own. */
  readonly clock?: Pick<Clock, 'now'>;
}

const levels = { error: 0, warn: 1, info: 2, debug: 3 };

/** Makes a log that writes one line a message, secrets left out, and outlives the failure of its destination. */
export function createLogger({ level, format, destination, clock = systemClock }: LoggerOptions): Log {
  const logger = winston.createLogger({
    level,
    levels,
    format: lineFormat(format, clock),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the types' two spellings of it
    transports: [new winston.transports.Stream({ stream: writableOf(destination), eol: '\n' })],
  });
  const write = (lineLevel: LogSettings['level'], message: string, fields: LogFields): void => {
    // winston would make the whole line before it leaves it out
    if (levels[lineLevel] <= levels[level]) {
      logger.log({ level: lineLevel, message, fields });
    }
  };
  return logOver(reportingLosses(write, destination), {});
}

type Write = (level: LogSettings['level'], message: string, fields: LogFields) => void;

function logOver(write: Write, own: LogFields): Log {
  return {
    debug: (message, fields) => {
      write('debug', message, { ...own, ...fields });
    },
    info: (message, fields) => {
      write('info', message, { ...own, ...fields });
    },
    warn: (message, fields) => {
      write('warn', message, { ...own, ...fields });
    },
    error: (message, fields) => {
      write('error', message, { ...own, ...fields });
    },
    child: (fields) => logOver(write, { ...own, ...fields }),
  };
}

/** Says, once the destination takes lines again, how many it did not take. */
function reportingLosses(write: Write, destination: LogDestination): Write {
  let reported = 0;
  return (level, message, fields) => {
    const lines = destination.lost?.lines ?? 0;
    if (lines > reported) {
      reported = lines;
      write('warn', 'Log lines were lost', { linesSinceStart: lines, error: destination.lost?.error });
    }
    write(level, message, fields);
  };
}

function lineFormat(format: 'text' | 'json', clock: Pick<Clock, 'now'>): winston.Logform.Format {
  const line = format === 'json' ? jsonLine : textLine;
  return winston.format.printf(({ level, message, fields }) =>
    line({
      time: new Date(clock.now()).toISOString(),
      level,
      message: String(message),
      fields: loggable(fields as LogFields),
    }),
  );
}

function writableOf(destination: LogDestination): Writable {
  return new Writable({
    decodeStrings: false,
    write: (line: string, _encoding, done) => {
      destination.write(line);
      done();
    },
  });
}
