import { once } from 'node:events';
import { resolve } from 'node:path';

import { type Daemon, type DaemonLog } from '@patchbay/daemon';
import { logCalls, systemClock } from '@patchbay/objects';

import { RpcServer } from '../rpc-server.js';
import { type RpcServerConfiguration } from './configuration.js';
import { hostedBy } from './hosted.js';
import { baseOf } from './read-configuration.js';
import { type ConfigurationSource, Reloader } from './reload.js';

/** What serving takes beside the configuration. */
export interface Services {
  readonly log: DaemonLog;
  readonly daemon: Daemon;
  readonly signal: AbortSignal;
}

/** Serves what a configuration says, until the signal aborts. @throws RpcError when it cannot start */
export async function serve(
  configuration: RpcServerConfiguration,
  source: ConfigurationSource,
  { log, daemon, signal }: Services,
): Promise<void> {
  const baseDir = baseOf(source.file);
  const { advertise, logCalls: calls } = configuration;
  const callLog = log.child({ component: 'calls' });
  const tellStatus = (registered: boolean): void => {
    daemon.status(
      registered ? 'serving; the names are registered' : 'serving; the name server does not have the names',
    );
  };
  daemon.status('opening its objects');
  await using server = await RpcServer.start({
    ...hostedBy(configuration, baseDir),
    nameServer: configuration.nameServer,
    listen: configuration.listen,
    ...(advertise === undefined ? {} : { advertise }),
    stateDir: resolve(baseDir, configuration.stateDir),
    replace: configuration.replace,
    leaseMs: configuration.lease,
    drainMs: configuration.drain,
    closeMs: configuration.close,
    sendStacks: configuration.sendStacks,
    interceptors: calls === 'none' ? [] : [logCalls({ log: callLog, clock: systemClock, calls })],
    onRegistered: tellStatus,
    signal,
    log,
  }).catch((error: unknown) => {
    if (!signal.aborted) {
      throw error;
    }
    log.info('the RPC server stopped before it had started', { error });
    return undefined;
  });
  if (server === undefined) {
    return;
  }
  const reloader = new Reloader({ server, source, inForce: configuration, log });
  log.info('the RPC server is ready', {
    address: server.address,
    objects: configuration.objects.map(({ name }) => name),
  });
  tellStatus(server.registered);
  daemon.ready({ reload: () => reloader.reload(), probe: () => server.probe() });
  if (!signal.aborted) {
    await once(signal, 'abort');
  }
  log.info('the RPC server is stopping');
}
