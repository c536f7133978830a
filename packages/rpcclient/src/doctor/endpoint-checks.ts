import { connect } from 'node:net';

import {
  type Endpoint,
  isLoopback,
  type MethodSignature,
  type NameRecord,
  parseTcpAddress,
  systemErrorText,
  toRpcError,
} from '@patchbay/objects';
import { connectOver } from '@patchbay/session/client';

import { type Finding, Subject } from './finding.js';
import { checkDial, checkHealth, type Examination, transportOf, type Way } from './server-checks.js';
import { lookAtSocket } from './socket-file.js';

/** A server, with the names that it has. */
export interface Target {
  readonly endpoint: Endpoint;
  readonly names: readonly string[];
}

/** How many portals of an object are dialled. */
const maxPortals = 16;

/** Returns the servers of names, each once. */
export function targetsOf(records: readonly NameRecord[]): Target[] {
  const targets = new Map<string, { endpoint: Endpoint; names: string[] }>();
  for (const { name, endpoints } of records) {
    for (const endpoint of endpoints) {
      const key = `${endpoint.host ?? ''} ${endpoint.serverId} ${endpoint.address}`;
      const target = targets.get(key) ?? { endpoint, names: [] };
      target.names.push(name);
      targets.set(key, target);
    }
  }
  return [...targets.values()];
}

/** Examines a server: its socket on this machine, its address, who answers there, its policy, and what it serves. */
export async function examineTarget(
  { endpoint, names }: Target,
  examination: Examination,
): Promise<readonly Finding[]> {
  const { address, socket, host = 'local', machine } = endpoint;
  const shown = names.length > 3 ? [...names.slice(0, 3), `${String(names.length - 3)} more`] : names;
  const subject = new Subject(`${shown.join(', ')} at ${address} (${host})`);
  const isHere = machine !== undefined && machine === examination.machine;
  if (socket !== undefined && isHere) {
    const { seen, todo, isClosed } = lookAtSocket(socket);
    if (todo === undefined || isClosed === true) {
      subject.ok(
        'socket',
        `${seen}${isClosed === true ? '; closed to this user, who is called by TCP' : ''}`,
      );
    } else {
      subject.failed('socket', seen, todo);
    }
  }
  const way = await dial(subject, endpoint, isHere, examination);
  if (way !== undefined) {
    const expected = host.includes(':') ? host : undefined;
    await checkHealth(subject, { address, expected, way }, examination);
    const [storage] = names.filter((name) => /^storage(?:\/v\d+)?$/.test(name));
    if (storage !== undefined && !(way === 'tls' && examination.identity === undefined)) {
      await checkPortals(subject, { name: storage, endpoint, isHere, way }, examination);
    }
  }
  return subject.findings;
}

async function dial(
  subject: Subject,
  { address, host = 'local', serverId }: Endpoint,
  isHere: boolean,
  examination: Examination,
): Promise<Way | undefined> {
  if (!address.startsWith('unix:')) {
    const lines = examination.configuration.naming(address);
    const where =
      lines.length === 0 ? `the configuration of server ${serverId} on ${host}` : lines.join(', ');
    return checkDial(subject, { address, expected: host, where }, examination);
  }
  if (!isHere) {
    const todo = `let server ${serverId} on ${host} listen on HOST:PORT too`;
    subject.failed('dial', 'it is a socket file of another machine', todo);
    return undefined;
  }
  const { seen, todo } = lookAtSocket(address);
  if (todo !== undefined) {
    subject.failed('socket', seen, todo);
    return undefined;
  }
  subject.ok('socket', seen);
  return 'plain';
}

interface StorageMethods {
  readonly list_nodes: MethodSignature<[], readonly { readonly target?: { readonly portal: string } }[]>;
}

/** Dials the portals that the nodes of a storage object have. */
async function checkPortals(
  subject: Subject,
  {
    name,
    endpoint: { address, host },
    isHere,
    way,
  }: { readonly name: string; readonly endpoint: Endpoint; readonly isHere: boolean; readonly way: Way },
  examination: Examination,
): Promise<void> {
  const { dialMs } = examination;
  const options = {
    timeoutMs: dialMs,
    openTimeoutMs: dialMs,
    ...(host !== undefined && { principal: host }),
  };
  await using client = connectOver(transportOf(examination, address, way), address, options);
  let portals: string[];
  try {
    const nodes = await client.proxy<StorageMethods>(name).list_nodes();
    portals = [...new Set(nodes.flatMap(({ target }) => target?.portal ?? []))].slice(0, maxPortals);
  } catch (error) {
    subject.ok('portal', `not tried: ${toRpcError(error).message}`);
    return;
  }
  if (portals.length === 0) {
    subject.ok('portal', 'not tried: no node has a disk');
  }
  const tried = portals.map(async (portal) => ({ portal, trouble: await dialPortal(portal, dialMs) }));
  for (const { portal, trouble } of await Promise.all(tried)) {
    const option = `"portal" in the options of ${name} on ${host ?? 'its host'}`;
    if (!isHere && isLoopback(parseTcpAddress(portal).host)) {
      const seen = `${portal} is reached on its own machine alone`;
      subject.failed('portal', seen, `set ${option} to an address that nodes can reach`);
    } else if (trouble === undefined) {
      subject.ok('portal', `${portal} accepts connections`);
    } else {
      const todo = `look whether the tgtd of ${name} runs (rpcclient ${name}.status), open the port, or correct ${option}`;
      subject.failed('portal', `${portal}: ${trouble}`, todo);
    }
  }
}

/** Returns why a portal cannot be dialled; undefined where it can. */
function dialPortal(portal: string, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(parseTcpAddress(portal));
    socket.setTimeout(timeoutMs, () => {
      socket.destroy();
      resolve(`no answer within ${String(timeoutMs)} ms`);
    });
    socket.once('error', (error) => {
      resolve(systemErrorText(error));
    });
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
  });
}
