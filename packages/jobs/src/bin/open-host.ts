import { join } from 'node:path';

import { interruptible, nameServerAdvice, packageVersion } from '@patchbay/daemon';
import { isRpcError, type Log, silentLog, systemClock } from '@patchbay/objects';
import { type Client, connect } from '@patchbay/rpcclient';

import { HostAgent, type HostAgentOptions } from '../host/agent.js';
import { CallRunner } from '../host/call-runner.js';
import { HostIdentity } from '../host/host-identity.js';
import { Journal } from '../host/journal.js';
import { HostWorker } from '../host/worker.js';
import { OutputSpools } from '../output/output-spools.js';
import type { HostFacts } from '../worker-protocol.js';
import type { HostConfiguration } from './configuration.js';
import { locateConfiguration, readConfiguration } from './read-configuration.js';

/** What this host says of itself. */
export const ownFacts: HostFacts = {
  os: process.platform,
  arch: process.arch,
  version: packageVersion(import.meta.url),
};

/** A host, as itself in its cluster. */
export interface OpenHost extends AsyncDisposable {
  readonly name: string;
  readonly nameServer: string;
  readonly client: Client;
  readonly worker: HostWorker;
}

/** Opens a host that has joined a cluster. @throws RpcError `HOST_NOT_JOINED`, `IDENTITY_FILE_UNSAFE`, `CONFIG_INVALID` */
export function openHost(configuration: HostConfiguration, log: Log): OpenHost {
  const { identity: path } = configuration;
  const identity = new HostIdentity({ path, clock: systemClock, log });
  const nameServer = identity.nameServer(configuration.nameServer);
  const client = connect({
    ...{ nameServer, identity: identity.identity, insecure: false, log },
    claims: 'patchbay-host',
  });
  return {
    name: identity.name,
    nameServer,
    client,
    worker: new HostWorker(client, () => identity.name),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await identity[Symbol.asyncDispose]();
    },
  };
}

/** Makes the agent of a host, with its journal. @throws RpcError `AGENT_RUNNING`, and as `Journal.open` */
export async function openAgent(
  { worker }: Pick<OpenHost, 'worker'>,
  { stateDir, servers, slots, drain }: HostConfiguration,
  log: Log,
  options: Pick<HostAgentOptions, 'takes' | 'onChange' | 'onEnd'>,
): Promise<AsyncDisposable & { readonly agent: HostAgent; readonly journal: Journal }> {
  const journal = await Journal.open({ stateDir, clock: systemClock, log });
  const runner = new CallRunner({ servers, clock: systemClock, log });
  const spools = await OutputSpools.open({
    ...{ directory: join(stateDir, 'output'), clock: systemClock, log },
    upload: (attempt, from, frames, signal) =>
      worker.upload(attempt, from, frames, { signal, timeoutMs: 'none' }),
  });
  const agent = await HostAgent.open({
    ...{ worker, journal, runner, slots, facts: ownFacts, drainMs: drain, clock: systemClock, log },
    openOutput: (assignment) => spools.begin(assignment),
    ...options,
  });
  return {
    agent,
    journal,
    [Symbol.asyncDispose]: async () => {
      await agent[Symbol.asyncDispose]();
      await spools[Symbol.asyncDispose]();
      await runner[Symbol.asyncDispose]();
      await journal[Symbol.asyncDispose]();
    },
  };
}

/** Runs a command of this host; Ctrl-C ends it. @throws RpcError of the command, with what a user can do about it */
export async function asHost<T>(
  { config }: { readonly config: string | undefined },
  use: (host: OpenHost, configuration: HostConfiguration, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const configuration = readConfiguration(locateConfiguration(config));
  try {
    await using host = openHost(configuration, silentLog);
    return await interruptible((signal) => use(host, configuration, signal));
  } catch (error) {
    throw isRpcError(error) ? nameServerAdvice(error) : error;
  }
}

/** Runs a command that makes jobs that it asks for, by an agent of its own. @throws RpcError as `openAgent`, and of the command */
export async function withAgent<T>(
  host: OpenHost,
  configuration: HostConfiguration,
  signal: AbortSignal,
  use: (agent: HostAgent) => Promise<T>,
): Promise<T> {
  await using opened = await openAgent(host, configuration, silentLog, { takes: 'asked' });
  const stopping = new AbortController();
  const stop = (): void => {
    stopping.abort();
  };
  signal.addEventListener('abort', stop, { once: true });
  const running = opened.agent.run(stopping.signal);
  try {
    return await use(opened.agent);
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
    await running;
  }
}
