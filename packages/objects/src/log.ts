/** The fields of a log line, for programs; an error under `error` is written with its causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** The log, as a dependency. Messages are constant and begin in lower case; what varies goes into fields. */
export interface Log {
  /** Logs what helps to follow a program step by step. */
  debug(message: string, fields?: LogFields): void;
  /** Logs what an operator wants to know in normal operation. */
  info(message: string, fields?: LogFields): void;
  /** Logs what may need attention although the program keeps working. */
  warn(message: string, fields?: LogFields): void;
  /** Logs a failure. */
  error(message: string, fields?: LogFields): void;
  /** Returns a log that adds these fields to every line. */
  child(fields: LogFields): Log;
}

/** Discards all lines. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
};
