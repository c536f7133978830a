import { command, formatOptions, printResult } from '@patchbay/daemon';
import { type IdentityMethods, identityObjectName, isRpcError, silentLog } from '@patchbay/objects';

import { AsHost } from '../host/as-host.js';
import { type HostStatus, hostStatus, listedJob, registeredHost } from '../host/answers.js';
import { commandLine } from '../host/command-line.js';
import { readAgentState } from '../host/state-file.js';
import { asHost, openAgent, type OpenHost, ownFacts } from './open-host.js';
import { configurationOptions } from './read-configuration.js';

const options = { ...configurationOptions, ...formatOptions } as const;
/** How long `jobs` and the name server may take to answer, in milliseconds. */
const askMs = 10_000;

/** `patchbay-host status`: who this host is, and what its agent does. */
export const status = command({
  name: 'status',
  summary: 'Show who this host is, what its agent does, and whether jobs answers it',
  options,
  run: (args) =>
    asHost(args, async (host, { stateDir, slots }, signal) => {
      const running = readAgentState(stateDir);
      const answer: HostStatus = {
        ...{ host: host.name, nameServer: host.nameServer, agent: 'stopped', slots },
        ...{ connection: 'unknown', running: [], unreported: 0 },
        ...(await groupsOf(host, signal)),
        ...(running && { ...running, agent: 'running' }),
      };
      await printResult(hostStatus.parse(answer), args);
    }),
});

/** `patchbay-host list`: the jobs of this host that wait or run. */
export const list = command({
  name: 'list',
  summary: 'List the jobs of this host that wait or run, in the order in which they begin',
  options,
  run: (args) =>
    asHost(args, async ({ worker }, _, signal) => {
      const jobs = await worker.pending({ signal, timeoutMs: askMs });
      const rows = jobs.map(
        ({ id, run, state, attempt, caller, submittedAtMs, note, object, method, args: given }) =>
          listedJob.parse({
            ...{ id, run, state, attempt, caller, note },
            submittedAt: new Date(submittedAtMs).toISOString(),
            command: commandLine(object, method, given),
          }),
      );
      await printResult(rows, args, rows.length === 0 ? 'Nothing waits or runs.' : rows);
    }),
});

/** `patchbay-host register`: announces this host to `jobs`. */
export const register = command({
  name: 'register',
  summary: 'Announce this host to jobs: that it is there, its platform, and how much it makes at once',
  options,
  run: (args) =>
    asHost(args, async (host, configuration, signal) => {
      try {
        await using opened = await openAgent(host, configuration, silentLog, { takes: 'asked' });
        await opened.agent.register(signal);
      } catch (error) {
        if (!isRpcError(error, 'AGENT_RUNNING')) {
          throw error;
        } // the agent that runs has announced it
      }
      const { name, nameServer } = host;
      const answer = { host: name, nameServer, slots: configuration.slots, facts: ownFacts };
      await printResult(registeredHost.parse(answer), args);
    }),
});

/** Returns the groups of a host, or why they are not known. */
async function groupsOf(
  { client, name }: OpenHost,
  signal: AbortSignal,
): Promise<Pick<HostStatus, 'groups' | 'why'>> {
  const identity = new AsHost<IdentityMethods>(client, identityObjectName, () => name);
  try {
    const { answer } = await identity.ask({ signal, timeoutMs: askMs }, (object) => object.whoami());
    return { groups: answer.groups };
  } catch (error) {
    if (!isRpcError(error)) {
      throw error;
    }
    return { groups: [], why: error.message };
  }
}
