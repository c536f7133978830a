import { grpcTransport, healthOf } from '@patchbay/grpc/client';
import {
  type CurrentIdentity,
  probeServer,
  secureTransport,
  TlsDialer,
  unverifiedTransport,
} from '@patchbay/grpc/secure';
import { isRpcError, toRpcError } from '@patchbay/objects';
import { formatSpiffeId, principalOf } from '@patchbay/objects/identity';
import { destination, type Transport } from '@patchbay/session/client';

import type { Configuration } from './configuration.js';
import type { Subject } from './finding.js';

/** What all checks know. */
export interface Examination {
  /** Who has logged in, if anybody. */
  readonly identity: CurrentIdentity | undefined;
  /** Whether plain TCP is dialled. */
  readonly insecure: boolean;
  readonly configuration: Configuration;
  /** How long each dial and each call may take, in milliseconds. */
  readonly dialMs: number;
  /** Identifies this machine. */
  readonly machine: string | undefined;
  /** Returns the wall-clock time, in milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** How a server can be called: with TLS, or without. */
export type Way = 'tls' | 'plain';

/** Returns what connects to a server that answered so. */
export function transportOf({ identity }: Examination, address: string, way: Way): Transport {
  if (way === 'plain' || address.startsWith('unix:')) {
    return grpcTransport;
  }
  return identity === undefined ? unverifiedTransport() : secureTransport({ identity });
}

/**
 * Dials a server over TCP and checks its certificate: whose it is, who issued it, and for how long it counts. Returns
 * how the server can be called; undefined where it cannot.
 *
 * @param expected the principal that must answer, or `nameserver`
 * @param where what to correct where another one answers
 */
export async function checkDial(
  subject: Subject,
  {
    address,
    expected,
    where,
  }: { readonly address: string; readonly expected: string; readonly where: string },
  { identity, insecure, dialMs, now }: Examination,
): Promise<Way | undefined> {
  const trust = identity?.current;
  const probed = await probeServer(address, { trust, timeoutMs: dialMs }).catch(toRpcError);
  if ('reason' in probed) {
    if (probed.details.isPlain !== true) {
      subject.failed('dial', probed.message, `start the server there, open the port, or correct ${where}`);
      return undefined;
    }
    if (insecure) {
      subject.ok('dial', 'it answers over plain TCP, where nothing is proven or encrypted');
      return 'plain';
    }
    const advice = 'give that server an identity, or call with --insecure where the network is trusted';
    subject.failed('dial', 'what answers there does not speak TLS', `${advice}; see ${where}`);
    return undefined;
  }
  const { id, issuer, beginsAtMs, endsAtMs, trouble } = probed;
  const who = id === undefined ? 'nobody of a cluster' : formatSpiffeId(id);
  subject.ok('dial', 'it answers over TLS');
  const span = `${timeText(beginsAtMs)} to ${timeText(endsAtMs)}`;
  if (now() >= endsAtMs || now() < beginsAtMs) {
    const todo = `look at the clocks here (${timeText(now())}) and there, and at the log of that server, which renews it`;
    subject.failed('certificate', `of ${who}, counts from ${span} only`, todo);
    return undefined;
  }
  const isForeign = trust !== undefined && (trouble !== undefined || id?.cluster !== trust.cluster);
  if (isForeign || id === undefined) {
    const seen = `of ${who}, issued by ${issuer}${trouble === undefined ? '' : ` (${trouble})`}`;
    const cluster = trust === undefined ? 'a cluster' : `the cluster ${trust.cluster}`;
    const todo = `a server of ${cluster} is expected: correct ${where}, or log in anew where that is right (rpcclient login ${address})`;
    subject.failed('pin', seen, todo);
    return undefined;
  }
  subject.ok(
    'certificate',
    `of ${who}, counts from ${span}${trust === undefined ? '; not verified, as nobody has logged in' : ''}`,
  );
  const principal = principalOf(id) ?? id.kind;
  const isExpected = expected.includes(':')
    ? principal === expected
    : id.kind === 'nameserver' || expected !== 'nameserver';
  if (!isExpected) {
    const todo = `${expected} registered this address: correct ${where}, or what is advertised there, or let a registration of that server renew it`;
    subject.failed('server', `${principal} answers`, todo);
    return undefined;
  }
  return 'tls';
}

/** What the services of our servers are healthy about, with what to do where they are not. */
const services = {
  'patchbay.identity': [
    'policy',
    'its certificate is renewed, and its policy is at most 2 min old',
    'its certificate is not renewed, or it has not heard of the authority for more than 2 min',
    'look at its log, and at the name server in its configuration: it cannot reach that',
  ],
  'patchbay.registration': [
    'registration',
    'its names are registered',
    'its names are not registered',
    'look at its log, which says what the name server refuses',
  ],
  'patchbay.store': [
    'store',
    'its store can be written',
    'its store cannot be written',
    'make room on its disk, or repair it; its log says what fails',
  ],
} as const;

/** Asks a server for its health: of its policy, its names, and its store. @param expected the principal that must answer */
export async function checkHealth(
  subject: Subject,
  {
    address,
    expected,
    way,
  }: { readonly address: string; readonly expected: string | undefined; readonly way: Way },
  { identity, dialMs }: Examination,
): Promise<void> {
  if (way === 'tls' && identity === undefined) {
    return; // it cannot be verified
  }
  try {
    const tcp = way === 'tls' && identity !== undefined ? new TlsDialer(() => identity.current) : undefined;
    const names = Object.keys(services) as (keyof typeof services)[];
    const health = await healthOf(destination(address, expected), names, { tcp, timeoutMs: dialMs });
    for (const name of names) {
      const [check, well, ill, todo] = services[name];
      if (health[name] === 'serving') {
        subject.ok(check, well);
      } else if (health[name] === 'not serving') {
        subject.failed(check, ill, todo);
      }
    }
  } catch (error) {
    const { message } = toRpcError(error);
    const seen = isRpcError(error) ? message : 'it does not answer';
    subject.failed('health', seen, 'start the server anew; it accepts connections, and answers nothing');
  }
}

/** Writes a time for people: to the second, in UTC. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
