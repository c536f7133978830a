import { once } from 'node:events';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';

import { CallLog, CallReporter, callsName, callsObject } from '@patchbay/calls';
import { type Daemon, type DaemonLog, severalAddresses } from '@patchbay/daemon';
import { logCalls, nameServerCalls, systemClock } from '@patchbay/objects';

import { findIdentity, type FoundIdentity } from '../find-identity.js';
import { RpcServer } from '../rpc-server.js';
import { hostOf } from '../server-identity.js';
import { makeStateDirectory } from '../state-directory.js';
import type { RpcServerConfiguration } from './configuration.js';
import { baseDirOf, type ConfigurationSource, objectOptions } from './read-configuration.js';
import { reload } from './reload.js';

/** Serves a configuration until the signal aborts. @throws RpcError as `RpcServer.start` does */
export async function serve(
  configuration: RpcServerConfiguration,
  source: ConfigurationSource,
  log: DaemonLog,
  daemon: Daemon,
  signal: AbortSignal,
): Promise<void> {
  const baseDir = baseDirOf(source.file);
  const { advertise, logCalls: logged, tls } = configuration;
  const callLog = log.child({ component: 'calls' });
  const reportStatus = (registered: boolean): void => {
    daemon.status(registered ? 'serving; names registered' : 'serving; names not registered');
  };
  const stateDir = resolve(baseDir, configuration.stateDir);
  const options = objectOptions(configuration, baseDir);
  await makeStateDirectory(stateDir);
  const found = await whoServes(configuration, stateDir, log, daemon, signal);
  if (found === undefined) {
    return;
  }
  const { nameServer, identity } = found;
  const host = tls === undefined ? identity?.current.name : hostOf(tls);
  const ownCalls = callsName('rpcserver', host ?? hostname());
  daemon.status('opening objects');
  await using calls = new CallLog({
    file: join(stateDir, 'calls.sqlite'),
    settings: configuration.calls,
    clock: systemClock,
    log: callLog,
  });
  await using server = await RpcServer.start({
    ...options,
    objects: { ...options.objects, [ownCalls]: callsObject(calls) },
    shared: [...options.shared, ownCalls], // several servers of a machine have the same name
    observer: calls,
    clientInterceptors: [calls.outgoing],
    nameServer,
    listen: configuration.listen,
    insecure: configuration.insecure,
    identity,
    tls,
    ...(advertise === undefined ? {} : { advertise }),
    stateDir,
    replace: configuration.replace,
    whenRefused: 'retry', // a daemon that stands by takes over when the other one has ended
    leaseMs: configuration.lease,
    drainMs: configuration.drain,
    closeMs: configuration.close,
    sendStacks: configuration.sendStacks,
    interceptors: logged === 'none' ? [] : [logCalls({ log: callLog, clock: systemClock, calls: logged })],
    onRegistered: reportStatus,
    signal,
    log,
  }).catch(unlessStopped(log, signal));
  if (server === undefined) {
    return;
  }
  calls.open();
  await using reporter = new CallReporter({
    send: (reported, missed) => server.callNameServer(nameServerCalls, 'report', [reported, { missed }]),
    clock: systemClock,
    log: callLog,
  });
  calls.reportTo((record) => {
    reporter.add(record);
  });
  let inEffect = configuration;
  log.info('RPC server is ready', {
    address: server.address,
    ...severalAddresses(server),
    objects: configuration.objects.map(({ name }) => name),
  });
  reportStatus(server.registered);
  daemon.ready({
    reload: async () => {
      inEffect = await reload({ server, calls }, source, inEffect, log);
    },
    probe: () => server.probe(),
  });
  if (!signal.aborted) {
    await once(signal, 'abort');
  }
  log.info('RPC server is stopping');
}

/** Finds who the server is and where its name server is; undefined where it is stopped before that is known. */
async function whoServes(
  { nameServer, listen, insecure, tls }: RpcServerConfiguration,
  stateDir: string,
  log: DaemonLog,
  daemon: Daemon,
  signal: AbortSignal,
): Promise<Partial<FoundIdentity> | undefined> {
  if (insecure !== false || tls !== undefined) {
    return { ...(nameServer !== undefined && { nameServer }) };
  }
  const onWait = (address: string): void => {
    daemon.status(`waiting for the name server at ${address}`);
  };
  const options = { nameServer, listen, stateDir, clock: systemClock, log, signal, onWait };
  return findIdentity(options).catch(unlessStopped(log, signal));
}

/** Returns what takes the error of a start: none where it was stopped meanwhile. */
function unlessStopped(log: DaemonLog, signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!signal.aborted) {
      throw error;
    }
    log.info('RPC server stopped before it was ready', { error });
  };
}
