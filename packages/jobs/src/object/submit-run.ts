import { coreError, type JobReceipt, type MethodDescription, onBehalfOfError } from '@patchbay/objects';
import { authorize } from '@patchbay/objects/define';

import { argumentsOf, variablesOf } from '../hosts/host-arguments.js';
import { membersOf } from '../hosts/members.js';
import { selectHosts } from '../hosts/select.js';
import { isAway } from '../object-worker/on-behalf.js';
import { hostPrefix } from '../records/keys.js';
import { checkKnown } from './known-caller.js';
import { type AskedCall, prepareCall } from './prepare-call.js';
import type { JobsServices } from './services.js';
import type { Target } from './targets.js';

/** How long the id of a run is at most: that of each of its jobs has the host's name behind it. */
const maxRunId = 64;
/** How many hosts a run has at most. */
const maxHosts = 10_000;

/**
 * Keeps a call to be made on hosts.
 *
 * @param on the selector
 * @throws RpcError `SELECTOR_INVALID`, `SELECTOR_EMPTY`, `HOST_UNKNOWN`, `LOGIN_REQUIRED` where `local` submits to hosts of
 *   other machines, and as `submit` of a job
 */
export async function submitRun(
  services: JobsServices,
  call: AskedCall,
  id: string,
  on: string,
): Promise<JobReceipt> {
  const { runs, options } = services;
  checkKnown(call.caller, options);
  if (id.length > maxRunId) {
    const message = `the id of a run has at most ${String(maxRunId)} characters`;
    throw coreError('ARGUMENT_INVALID', message, { details: { path: 'id' } });
  }
  const target = await targetOf(services, call);
  const prepared = prepareCall(call, target);
  checkSave(call);
  const members = await membersOf(services.identity, variablesOf(prepared.policy));
  const hosts = selectHosts(on, members);
  if (hosts.length > maxHosts) {
    const message = `the selector means ${String(hosts.length)} hosts, and a run has at most ${String(maxHosts)}; narrow it down`;
    throw coreError('ARGUMENT_INVALID', message, { details: { path: 'on' } });
  }
  checkLocal(call, hosts, services);
  const hostArgs =
    prepared.policy.from === undefined
      ? undefined
      : argumentsOf(call.args, prepared.policy, target.method, hosts);
  const names = hosts.map(({ name }) => name);
  const run = await runs.submit({
    ...prepared,
    ...{ id, selector: on, hosts: names },
    ...(hostArgs === undefined ? {} : { hostArgs }),
  });
  const away = run.hosts.filter((host) => services.workers.get(hostPrefix + host)?.isOnline !== true);
  return {
    ...{ id, kind: 'run', state: away.length === run.hosts.length ? 'waiting' : 'queued' },
    ...{ hosts: run.hosts, away },
    ...(away.length === 0 ? {} : { note: noteOn(away.length, run.hosts.length) }),
  };
}

/** Returns the method; where nobody serves the object now, and it was not seen before, one that is called as it is asked for. */
async function targetOf({ targets }: JobsServices, { object, method, caller }: AskedCall): Promise<Target> {
  try {
    return await targets.find(object, method, caller.principal);
  } catch (error) {
    if (isAway(error)) {
      return { method: unknownMethod(method), away: error };
    }
    throw error;
  }
}

function unknownMethod(name: string): MethodDescription {
  return { name, summary: '', args: [], options: [], returns: {}, idempotent: false };
}

/** What a run writes into variables its caller could write. @throws RpcError `CALLER_REFUSED` */
function checkSave({ policy, caller }: AskedCall): void {
  if (policy.save !== undefined) {
    authorize({ caller, action: 'call', object: 'identity', method: 'set_variables', access: 'administer' });
  }
}

/** @throws RpcError `LOGIN_REQUIRED` */
function checkLocal(
  { caller }: AskedCall,
  hosts: readonly { readonly name: string }[],
  { here }: JobsServices,
): void {
  const isElsewhere = hosts.some(({ name }) => !here.has(hostPrefix + name));
  const wrong = caller.principal === 'local' && isElsewhere ? onBehalfOfError('local') : undefined;
  if (wrong !== undefined) {
    throw wrong;
  }
}

function noteOn(away: number, hosts: number): string {
  return away === hosts
    ? `all of its ${String(hosts)} hosts are away, and begin when they are back`
    : `${String(away)} of ${String(hosts)} hosts are away, and begin when they are back`;
}
