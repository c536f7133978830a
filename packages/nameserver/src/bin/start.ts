import { once } from 'node:events';
import { join } from 'node:path';

import { CallLog, nameServerCallsObject } from '@patchbay/calls';
import {
  changedKeys,
  checkLogFile,
  command,
  type Daemon,
  type DaemonLog,
  insecureListenOption,
  limitsOf,
  openLog,
  packageVersion,
  reportReload,
  runDaemon,
  severalAddresses,
  systemdManager,
  tlsFlags,
  tlsOptions,
} from '@patchbay/daemon';
import { logCalls, nameServerCalls, type RpcError, systemClock } from '@patchbay/objects';

import { type NameServer, startNameServer } from '../server.js';
import type { NameServerConfiguration } from './configuration.js';
import {
  checkReferences,
  configurationOptions,
  locateConfiguration,
  readConfiguration,
} from './read-configuration.js';

/** `nameserver start`: the daemon itself. */
export const start = command({
  name: 'start',
  summary: 'Keep the registry of names, until SIGTERM or Ctrl-C',
  options: {
    ...configurationOptions,
    insecure: insecureListenOption,
    ...tlsOptions,
    'log-level': {
      type: 'string',
      placeholder: 'LEVEL',
      summary: 'The lowest level that is logged: error, warn, info or debug',
      defaultNote: 'info',
    },
  },
  run: async (args) => {
    const source = locateConfiguration(args.config, {
      listen: args.listen,
      stateDir: args['state-dir'],
      insecure: args.insecure,
      ...tlsFlags(args),
      'log.level': args['log-level'],
    });
    const read = (): NameServerConfiguration => readConfiguration(source);
    const configuration = read();
    await checkReferences(source, configuration);
    const log = openLog(configuration.log);
    const manager = await systemdManager({
      clock: systemClock,
      log,
      loadSockets: () => import('node-unix-socket'),
    });
    await runDaemon((signal, daemon) => serve(configuration, read, log, daemon, signal), {
      log,
      manager,
    });
  },
});

async function serve(
  configuration: NameServerConfiguration,
  read: () => NameServerConfiguration,
  log: DaemonLog,
  daemon: Daemon,
  signal: AbortSignal,
): Promise<void> {
  const version = packageVersion(import.meta.url);
  const { interval: intervalMs, timeout: timeoutMs } = configuration.keepalive;
  const disk: { failure?: RpcError | undefined; address?: string } = {};
  const reportStatus = (): void => {
    const { failure, address } = disk;
    if (address !== undefined) {
      const trouble = failure === undefined ? '' : `; names cannot be registered: ${failure.message}`;
      daemon.status(`serving at ${address}${trouble}`);
    }
  };
  const { logCalls: logged } = configuration;
  const callLog = log.child({ component: 'calls' });
  await using calls = new CallLog({
    file: join(configuration.stateDir, 'calls.sqlite'),
    settings: configuration.calls,
    clock: systemClock,
    log: callLog,
  });
  await using server = await startNameServer({
    ...configuration,
    ...(configuration.insecure === false && { identity: true }),
    objects: { [nameServerCalls]: nameServerCallsObject(calls) },
    observer: calls,
    interceptors: logged === 'none' ? [] : [logCalls({ log: callLog, clock: systemClock, calls: logged })],
    onWritable: (failure) => {
      disk.failure = failure;
      reportStatus();
    },
    limits: limitsOf(configuration.limits),
    keepalive: { intervalMs, timeoutMs },
    log,
    version,
  });
  log.info('name server is ready', {
    address: server.address,
    ...severalAddresses(server),
    stateDir: configuration.stateDir,
  });
  calls.open();
  let inForce = configuration;
  disk.address = server.address;
  reportStatus();
  daemon.ready({
    probe: () => server.probe(),
    reload: () => {
      inForce = reload({ server, calls }, inForce, read(), log);
    },
  });
  if (!signal.aborted) {
    await once(signal, 'abort');
  }
}

/** Puts the levels and limits of a configuration in force, and gives what is in force now. */
function reload(
  { server, calls }: { readonly server: NameServer; readonly calls: CallLog },
  before: NameServerConfiguration,
  next: NameServerConfiguration,
  log: DaemonLog,
): NameServerConfiguration {
  checkLogFile(next.log);
  log.reload(next.log);
  calls.change(next.calls);
  server.reloadTls();
  server.limitTo(limitsOf(next.limits), before.sendStacks);
  const now = {
    ...before,
    limits: next.limits,
    calls: next.calls,
    log: { ...before.log, level: next.log.level, levels: next.log.levels },
  };
  reportReload(log, {
    changed: changedKeys(before, now),
    needRestart: changedKeys(now, next).map(({ key }) => key),
  });
  return now;
}
