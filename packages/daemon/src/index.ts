export { checkConfigCommand } from './check-config.js';
export { command, type Command } from './command.js';
export { configure, type ConfigureOptions } from './configuration.js';
export { ExternalCommands } from './external-commands.js';
export { interruptible } from './interrupt.js';
export { endSoon } from './end-soon.js';
export { type LogDestination, streamDestination } from './log-destination.js';
export { LogFile, type LogFileOptions } from './log-file.js';
export { checkLogFile } from './check-log-file.js';
export {
  createLogger,
  type DaemonLog,
  type LoggerOptions,
  logSettings,
  type LogSettings,
  openLog,
} from './logger.js';
export { nameServerAdvice, nameServerOption } from './name-server-option.js';
export { systemdManager } from './systemd.js';
export { endOnClosedPipe, writeOut } from './standard-output.js';
export { reportReload, type ReloadReport } from './report-reload.js';
export { packageVersion } from './package-version.js';
export { placedErrors } from './placed-errors.js';
export { type Problem } from './problems.js';
export { type Program, type ProgramStreams, runProgram } from './program.js';
export { changedKeys, type KeyChange } from './changed-keys.js';
export { type Daemon, type ProcessEvents, runDaemon, type RunDaemonOptions } from './signals.js';
