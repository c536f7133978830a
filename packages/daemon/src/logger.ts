import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Writable } from 'node:stream';
import winston from 'winston';
import { z } from 'zod';

import { type Clock, type Log, type LogFields, systemClock, type Unit } from '@patchbay/objects';

import { type LogDestination, streamDestination } from './log-destination.js';
import { loggable, redacted } from './log-fields.js';
import { LogFile, requireLogFile } from './log-file.js';
import { jsonLine, textLine } from './log-lines.js';

const level = z.enum(['debug', 'info', 'warn', 'error']);

/** The schema of a daemon's `log` settings. */
export const logSettings = z.strictObject({
  level: level.default('info'),
  /** Levels that override `level` for parts of the daemon: by the `component` or the `object` in their lines. */
  levels: z.record(z.string(), level).default({}),
  /** `auto`: text on a terminal, JSON elsewhere. */
  format: z.enum(['auto', 'text', 'json']).default('auto'),
  /** Default: standard error. */
  file: z.string().min(1).optional(),
  /** The file is rotated before it exceeds this many bytes. */
  maxBytes: z
    .int()
    .min(65_536)
    .meta({ unit: 'bytes' satisfies Unit })
    .default(16_777_216),
  /** How many older files are kept. */
  keep: z.int().min(1).max(100).default(3),
});
/** A daemon's `log` settings. */
export type LogSettings = z.infer<typeof logSettings>;

/** Which lines are written. */
export type LogLevels = Pick<LogSettings, 'level'> & Partial<Pick<LogSettings, 'levels'>>;

/** A daemon's log, whose levels a reload may change. */
export interface DaemonLog extends Log {
  /** Applies these levels from now on, and reopens the log file in case it was moved away. */
  reload(levels: LogLevels): void;
}

/** Opens a log as the settings say. @throws RpcError `CONFIG_INVALID` when its file cannot be opened */
export function openLog(
  settings: LogSettings,
  stderr: Writable & { readonly isTTY?: boolean } = process.stderr,
): DaemonLog {
  const { level, levels, format, file } = settings;
  const automatic = file === undefined && stderr.isTTY === true ? 'text' : 'json';
  return createLogger({
    level,
    levels,
    format: format === 'auto' ? automatic : format,
    destination: file === undefined ? streamDestination(stderr) : LogFile.open(file, settings),
  });
}

/** Checks that the log file could be opened, without opening it. @throws RpcError `CONFIG_INVALID` */
export function checkLogFile({ file }: LogSettings): void {
  if (file !== undefined) {
    requireLogFile(() => {
      accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
    });
  }
}

/** What `createLogger` takes. */
export interface LoggerOptions extends LogLevels {
  readonly format: 'text' | 'json';
  readonly destination: LogDestination;
  /** Dates the lines. Default: the system clock. */
  readonly clock?: Pick<Clock, 'now'>;
}

const ranks = { error: 0, warn: 1, info: 2, debug: 3 };

/** Creates a log that writes one line per message, redacts secrets, and survives failures of its destination. */
export function createLogger({
  format,
  destination,
  clock = systemClock,
  ...given
}: LoggerOptions): DaemonLog {
  const logger = winston.createLogger({
    level: 'debug', // `write` decides which lines are written
    levels: ranks,
    format: lineFormat(format, clock),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- the types' two spellings of it
    transports: [new winston.transports.Stream({ stream: writableOf(destination), eol: '\n' })],
  });
  let levels: LogLevels = given;
  const write = (lineLevel: Level, message: string, fields: LogFields): void => {
    // Checked here, as winston formats the whole line before it drops it.
    if (ranks[lineLevel] <= ranks[levelFor(fields, levels)]) {
      logger.log({ level: lineLevel, message, fields });
    }
  };
  return {
    ...logOver(reportingLosses(write, destination), {}),
    reload: (changed) => {
      levels = changed;
      destination.reopen?.();
    },
  };
}

type Level = LogSettings['level'];

/** Returns the level for lines with these fields: that of their component, else of their object, else of all. */
function levelFor({ component, object }: LogFields, { level: ofAll, levels = {} }: LogLevels): Level {
  const own = (part: unknown): Level | undefined =>
    typeof part === 'string' && Object.hasOwn(levels, part) ? levels[part] : undefined;
  return own(component) ?? own(object) ?? ofAll;
}

type Write = (level: Level, message: string, fields: LogFields) => void;

function logOver(write: Write, own: LogFields): Log {
  const at =
    (level: Level): Log[Level] =>
    (message, fields) => {
      write(level, message, { ...own, ...fields });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => logOver(write, { ...own, ...fields }),
  };
}

/** Reports how many lines the destination dropped, once it accepts lines again. */
function reportingLosses(write: Write, destination: LogDestination): Write {
  let reported = 0;
  return (level, message, fields) => {
    const lines = destination.lost?.lines ?? 0;
    if (lines > reported) {
      reported = lines;
      write('warn', 'log lines were lost', { linesSinceStart: lines, error: destination.lost?.error });
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
      message: redacted(String(message)),
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
