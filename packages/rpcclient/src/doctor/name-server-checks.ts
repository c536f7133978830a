import {
  formatDuration,
  type IdentityMethods,
  identityObjectName,
  isRpcError,
  type NameServerMethods,
  nameServerObject,
  toRpcError,
} from '@patchbay/objects';
import { connectOver, type ObjectClient } from '@patchbay/session/client';

import type { NamedServer } from './configuration.js';
import { type Finding, Subject } from './finding.js';
import {
  checkDial,
  checkHealth,
  type Examination,
  timeText,
  transportOf,
  type Way,
} from './server-checks.js';
import { lookAtSocket } from './socket-file.js';

/** How far two clocks may be apart, in milliseconds. */
const maxSkewMs = 60_000;

/** A name server that was examined. */
export interface ExaminedNameServer {
  readonly findings: readonly Finding[];
  /** Calls it; undefined where it does not answer, or knows no caller. */
  readonly client: ObjectClient | undefined;
}

/** Examines a name server: its socket or certificate, the cluster, the clocks, and who calls. */
export async function examineNameServer(
  { address, from }: NamedServer,
  examination: Examination,
): Promise<ExaminedNameServer> {
  const subject = new Subject(`name server ${address}`);
  const where = from.length === 0 ? 'the address of the name server' : from.join(', ');
  const way = await dial(subject, address, where, examination);
  if (way === undefined) {
    return { findings: subject.findings, client: undefined };
  }
  const { dialMs } = examination;
  const client = connectOver(transportOf(examination, address, way), address, {
    ...{ timeoutMs: dialMs, openTimeoutMs: dialMs, principal: 'nameserver' },
  });
  const answers = await checkStatus(subject, client, where, examination);
  const isKnown = answers && (await checkCaller(subject, client, address));
  await checkHealth(subject, { address, expected: 'nameserver', way }, examination);
  if (!isKnown) {
    await client.close();
  }
  return { findings: subject.findings, client: isKnown ? client : undefined };
}

async function dial(
  subject: Subject,
  address: string,
  where: string,
  examination: Examination,
): Promise<Way | undefined> {
  if (!address.startsWith('unix:')) {
    return checkDial(subject, { address, expected: 'nameserver', where }, examination);
  }
  const { seen, todo } = lookAtSocket(address);
  if (todo !== undefined) {
    subject.failed('socket', seen, `${todo} (${where})`);
    return undefined;
  }
  subject.ok('socket', seen);
  return 'plain';
}

/** Asks for the status: the cluster, and the time there. Reports whether there was an answer. */
async function checkStatus(
  subject: Subject,
  client: ObjectClient,
  where: string,
  { identity, now }: Examination,
): Promise<boolean> {
  const beganMs = now();
  try {
    const status = await client.proxy<IdentityMethods>(identityObjectName).status();
    const skewMs = (beganMs + now()) / 2 - Date.parse(status.time);
    const isFar = Math.abs(skewMs) > maxSkewMs;
    const clocks = `this clock says ${timeText(now())}, the name server's ${status.time}`;
    if (isFar) {
      const apart = formatDuration(Math.round(Math.abs(skewMs) / 1_000) * 1_000);
      subject.failed('clock', `${apart} apart: ${clocks}`, 'set the clock that is wrong, and keep it by NTP');
    } else {
      subject.ok('clock', clocks);
    }
    const { cluster = status.cluster } = identity?.current ?? {};
    if (status.cluster === cluster) {
      subject.ok('cluster', `${cluster}, version ${status.version}`);
    } else {
      const todo = `who has logged in belongs to ${cluster}: correct ${where}, or log in to the other cluster`;
      subject.failed('cluster', status.cluster, todo);
    }
    return true;
  } catch (error) {
    if (isRpcError(error, 'OBJECT_NOT_FOUND')) {
      subject.ok('cluster', 'none: it is no authority, and knows no hosts and users');
      return true;
    }
    const todo = `start the name server anew, or correct ${where}; its log says what fails`;
    subject.failed('dial', toRpcError(error).message, todo);
    return false;
  }
}

/** Asks who the caller is, and for what the name server says of itself. Reports whether the caller is known. */
async function checkCaller(subject: Subject, client: ObjectClient, address: string): Promise<boolean> {
  try {
    const { names, problem } = await client.proxy<NameServerMethods>(nameServerObject).info();
    const who = await client
      .proxy<IdentityMethods>(identityObjectName)
      .whoami()
      .catch(() => undefined);
    subject.ok('caller', `${who?.principal ?? 'whoever connects'}; ${String(names)} names are registered`);
    if (problem !== undefined) {
      subject.failed('store', problem, 'make room on the disk of the name server, or repair it');
    }
    return true;
  } catch (error) {
    const { message } = toRpcError(error);
    subject.failed(
      'caller',
      message,
      `log in with a token of an admin's: rpcclient login ${address} --token -`,
    );
    return false;
  }
}
