import {
  changedKeys,
  checkLogFile,
  command,
  type Daemon,
  type DaemonLog,
  openLog,
  reportReload,
  runDaemon,
  systemdManager,
} from '@patchbay/daemon';
import { backoffMs, isRpcError, systemClock, systemErrorText } from '@patchbay/objects';

import type { HostAgent } from '../host/agent.js';
import type { AgentState } from '../host/answers.js';
import type { Journal } from '../host/journal.js';
import { writeAgentState } from '../host/state-file.js';
import type { HostConfiguration } from './configuration.js';
import { openAgent, type OpenHost, openHost } from './open-host.js';
import {
  checkReferences,
  configurationOptions,
  locateConfiguration,
  readConfiguration,
} from './read-configuration.js';

const retry = { firstMs: 1_000, maxMs: 15_000 };

/** `patchbay-host start`: the agent itself. */
export const start = command({
  name: 'start',
  summary: 'Make the jobs of this host, until SIGTERM or Ctrl-C',
  options: {
    ...configurationOptions,
    'log-level': {
      type: 'string',
      placeholder: 'LEVEL',
      summary: 'The lowest level that is logged: error, warn, info or debug',
      defaultNote: 'info',
    },
  },
  run: async (args) => {
    const source = locateConfiguration(args.config, { 'log.level': args['log-level'] });
    const read = (): HostConfiguration => readConfiguration(source);
    const configuration = read();
    await checkReferences(source, configuration);
    const log = openLog(configuration.log);
    const manager = await systemdManager({
      clock: systemClock,
      log,
      loadSockets: () => import('node-unix-socket'),
    });
    await runDaemon((signal, daemon) => serve(configuration, read, log, daemon, signal), { log, manager });
  },
});

async function serve(
  configuration: HostConfiguration,
  read: () => HostConfiguration,
  log: DaemonLog,
  daemon: Daemon,
  signal: AbortSignal,
): Promise<void> {
  let inForce = configuration;
  // A host that has yet to join, or has no jobs to ask, is no failure of the agent: it waits.
  daemon.ready({
    reload: () => {
      inForce = reload(inForce, read(), log);
    },
  });
  await using host = await joinedHost(configuration, log, daemon, signal);
  if (host === undefined) {
    return;
  }
  let report = (): void => undefined;
  await using opened = await openAgent(host, configuration, log, {
    takes: 'pushed',
    onChange: () => {
      report();
    },
  });
  const { agent, journal } = opened;
  report = reporter(agent, journal, host, configuration, log, daemon);
  report();
  const { name, nameServer } = host;
  log.info('agent is ready', { host: name, nameServer, slots: configuration.slots });
  await agent.run(signal);
}

/** Waits until the host has joined a cluster; undefined where the agent is stopped before. @throws RpcError as `openHost` */
async function joinedHost(
  configuration: HostConfiguration,
  log: DaemonLog,
  daemon: Daemon,
  signal: AbortSignal,
): Promise<OpenHost | undefined> {
  for (let failures = 1; !signal.aborted; failures += 1) {
    try {
      return openHost(configuration, log);
    } catch (error) {
      if (!isRpcError(error, 'HOST_NOT_JOINED')) {
        throw error;
      }
      if (failures === 1) {
        log.warn('waiting for the identity of this host', { error });
        daemon.status(`waiting: ${error.message}`);
      }
    }
    await systemClock.sleep(backoffMs(retry, failures), { signal }).catch(() => undefined);
  }
  return undefined;
}

/** Returns what tells the service manager, and whoever asks for the status, what the agent does. */
function reporter(
  agent: HostAgent,
  journal: Journal,
  { name, nameServer }: OpenHost,
  { stateDir, slots }: HostConfiguration,
  log: DaemonLog,
  daemon: Daemon,
): () => void {
  return () => {
    const { connection } = agent;
    const running = agent.running.map(
      ({ assignment: { id, attempt, run, object, method, caller }, startedAtMs }) => ({
        ...{ id, attempt, object, method, caller, startedAt: new Date(startedAtMs).toISOString() },
        ...(run === undefined ? {} : { run }),
      }),
    );
    const state: AgentState = {
      pid: process.pid,
      host: name,
      ...{ nameServer, slots, running },
      ...(typeof connection === 'string' ? { connection } : { connection: 'lost', why: connection.message }),
      unreported: journal.entries.filter(({ outcome }) => outcome !== undefined).length,
      writtenAt: new Date(systemClock.now()).toISOString(),
    };
    const busy = `${String(running.length)} of ${String(slots)} slots in use`;
    daemon.status(
      typeof connection === 'string' ? busy : `${busy}; jobs does not answer: ${connection.message}`,
    );
    try {
      writeAgentState(stateDir, state);
    } catch (error) {
      log.warn('cannot write the status', { stateDir, why: systemErrorText(error) });
    }
  };
}

/** Puts the levels of the log in force, and returns what is in force now. */
function reload(before: HostConfiguration, next: HostConfiguration, log: DaemonLog): HostConfiguration {
  checkLogFile(next.log);
  log.reload(next.log);
  const now = { ...before, log: { ...before.log, level: next.log.level, levels: next.log.levels } };
  reportReload(log, {
    changed: changedKeys(before, now),
    needRestart: changedKeys(now, next).map(({ key }) => key),
  });
  return now;
}
