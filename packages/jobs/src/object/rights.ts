import { type Caller, coreError } from '@patchbay/objects';
import { authorize, isAuthorized } from '@patchbay/objects/define';

import { hostPrefix } from '../records/keys.js';
import type { JobRecord } from '../records/tables.js';

type Owned = Pick<JobRecord, 'caller' | 'object' | 'method' | 'access'>;

function isOwn(caller: Caller, job: Owned): boolean {
  return caller.principal !== 'anonymous' && caller.principal === job.caller;
}

/** Reports whether a caller may read a job: its own as long as it may make the call, or one of a method that it may look at. */
export function mayRead(caller: Caller, job: Owned): boolean {
  const { object, method } = job;
  const asked = { caller, action: 'call', object, method } as const;
  return (
    isAuthorized({ ...asked, access: 'view' }) ||
    (isOwn(caller, job) && isAuthorized({ ...asked, access: job.access }))
  );
}

/** Refuses who may not read a job. @throws RpcError `CALLER_REFUSED`, `CALLER_UNKNOWN` */
export function checkRead(caller: Caller, job: Owned): void {
  if (!mayRead(caller, job)) {
    authorize({ caller, action: 'call', object: job.object, method: job.method, access: 'view' });
  }
}

/** Refuses who may not cancel or resolve a job. @throws RpcError `CALLER_REFUSED`, `CALLER_UNKNOWN` */
export function checkControl(caller: Caller, job: Owned): void {
  if (!isOwn(caller, job)) {
    authorize({ caller, action: 'call', object: job.object, method: job.method, access: 'operate' });
  }
}

/** Refuses who may not have a job tried again, which becomes its caller. @throws RpcError `CALLER_REFUSED`, `CALLER_UNKNOWN` */
export function checkRetry(caller: Caller, job: Owned): void {
  checkControl(caller, job);
  authorize({ caller, action: 'call', object: job.object, method: job.method, access: job.access });
}

/**
 * Returns the worker that a caller is: a host, by itself or by its machine's socket file.
 *
 * @throws RpcError `CALLER_REFUSED`
 */
export function workerOf({ principal, delegate }: Caller): string {
  if (!principal.startsWith(hostPrefix) || (delegate !== undefined && delegate !== 'local')) {
    const who = delegate === undefined ? principal : `${delegate}, on behalf of ${principal},`;
    const message = `${who} is no host's agent, and only those ask for jobs of their own hosts`;
    throw coreError('CALLER_REFUSED', message, { details: { principal } });
  }
  return principal;
}
