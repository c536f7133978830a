/** What stands beside a log line's message, for programs; errors under `error` are written with their causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The log, as a dependency. Messages are fixed sentences; what varies goes into the fields. */
export interface Log {
  /** Writes what helps to follow a program step by step. */
  debug(message: string, fields?: LogFields): void;
  /** Writes what an operator wants to know of in normal operation. */
  info(message: string, fields?: LogFields): void;
  /** Writes what may need somebody, though it goes on. */
  warn(message: string, fields?: LogFields): void;
  /** Writes what failed. */
  error(message: string, fields?: LogFields): void;
  /** Makes a log whose every line carries these fields too. */
  child(fields: LogFields): Log;
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
