export { command, type Command } from './command.js';
export { configure, type ConfigureOptions } from './configuration.js';
export { interruptible } from './interrupt.js';
export { endSoon } from './end-soon.js';
export { type LogDestination, streamDestination } from './log-destination.js';
export { LogFile, type LogFileOptions } from './log-file.js';
export { createLogger, type LoggerOptions, logSettings, type LogSettings, openLog } from './logger.js';
export {
  nameServerAdvice,
  nameServerAddress,
  nameServerOption,
  nameServerVariable,
} from './name-server-option.js';
export { endOnClosedPipe, writeOut } from './standard-output.js';
export { packageVersion } from './package-version.js';
export { type Problem } from './problems.js';
export { type Program, type ProgramStreams, runProgram } from './program.js';
export { type ProcessEvents, runDaemon, type RunDaemonOptions } from './signals.js';
