/**
 * What every program of ours is made of: commands, configuration, logs, signals and service managers.
 *
 * @module @patchbay/daemon
 */

// Commands
export { command, type Command } from './command.js';
export { ExternalCommands } from './external-commands.js';
export { interruptible } from './interrupt.js';
export {
  insecureDialOption,
  insecureListenOption,
  nameServerAdvice,
  nameServerOption,
} from './name-server-option.js';
export { packageVersion } from './package-version.js';
export { formatOptions, type FormatValues, printResult } from './print-result.js';
export { type Program, type ProgramStreams, runMain, runProgram } from './program.js';
export { endOnFailedOutput, writeOut } from './standard-output.js';

// Configuration
export { addressSetting, insecureSetting, listenSetting, severalAddresses } from './address-settings.js';
export { checkConfigCommand } from './check-config.js';
export { configure, type ConfigureOptions } from './configuration.js';
export { installedSettings, type InstalledOptions, type InstalledSettings } from './installed-settings.js';
export { keepaliveSettings } from './keepalive-settings.js';
export { type DefaultLimits, limitSettings, limitsOf } from './limits.js';
export { ConfigurationChecks, type ConfigurationSource } from './configuration-checks.js';
export { tlsFiles, tlsFlags, tlsOptions, tlsSettings } from './tls-settings.js';
export { locateErrors } from './locate-errors.js';
export { changedKeys, type KeyChange, reportReload, type ReloadReport } from './reload-report.js';

// Logs
export { type LogDestination, streamDestination } from './log-destination.js';
export {
  checkLogFile,
  createLogger,
  type DaemonLog,
  type LoggerOptions,
  logSettings,
  type LogSettings,
  openLog,
} from './logger.js';

// Lifetime
export type { ServiceManager } from './service-manager.js';
export { type Daemon, type ProcessEvents, runDaemon, type RunDaemonOptions } from './signals.js';
export { systemdManager } from './systemd.js';
