import { X509Certificate } from 'node:crypto';
import { renameSync } from 'node:fs';

import {
  type Clock,
  coreError,
  type Enrolment,
  type IdentityStatus,
  isRpcError,
  systemClock,
} from '@patchbay/objects';
import { type EnrolmentToken, enrolmentMessage, parseToken, pinOf } from '@patchbay/objects/identity';
import type { Transport } from '@patchbay/session/client';

import { grpcTransport, grpcTransportBy } from '../client/index.js';
import { secureError } from './errors.js';
import { CurrentIdentity } from './identity.js';
import { readIdentityFile, type StoredIdentity, writeIdentityFile } from './identity-file.js';
import { makeKeys, publicKeyOf, signText } from './keys.js';
import { withAuthority } from './name-server-identity.js';
import { askForCertificate, renewIdentity } from './renew.js';
import { secureTransport } from './secure-transport.js';
import type { Identity } from './trust.js';
import { UnverifiedDialer } from './unverified-dialer.js';

/** What an enrolment needs. */
export interface EnrolOptions {
  readonly kind: 'host' | 'user';
  /** The name server's address: `host:port`, or `unix:/path`, where no token is needed. */
  readonly address: string;
  /** The token as text. */
  readonly token?: string | undefined;
  /** The name to enrol as. Default: that of the token. */
  readonly name?: string | undefined;
  /** A private key of P-256 in PEM that was made elsewhere. Default: one is made. */
  readonly privateKey?: string | undefined;
  /** The file of the identity. */
  readonly path: string;
  /** Called when the clocks differ by more than a minute. @param aheadMs by how much this one is ahead */
  readonly onSkew?: (aheadMs: number) => void;
  /** Called when an admin has to approve, who compares the fingerprint. */
  readonly onPending?: (name: string, fingerprint: string) => void;
  /** How often it is asked whether an admin has approved, in milliseconds. Default: 3 s. */
  readonly approvalMs?: number;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** What an enrolment led to. */
export interface Enrolled {
  readonly identity: Identity;
  /** Undefined where it was enrolled before, and nothing was done. */
  readonly enrolment: Enrolment | undefined;
}

const maxSkewMs = 60_000;

/**
 * Enrols a host or a user with the name server at an address, and keeps its identity in a file. Whoever answers is
 * compared with the token's pin before the token is sent. It may be repeated after any failure, and does nothing once it
 * is done.
 *
 * @throws RpcError `CA_PIN_MISMATCH`, `IDENTITY_FILE_UNSAFE`, `ARGUMENT_INVALID` for what is no token, and as
 *   `IdentityMethods.enrol`
 */
export async function enrol(options: EnrolOptions): Promise<Enrolled> {
  const { kind, address, path, clock = systemClock } = options;
  const token = readToken(options);
  const known = await knownIdentity(options, token !== undefined);
  if (known !== undefined) {
    return { identity: known, enrolment: undefined };
  }
  const { status, roots } = await firstStatus(address, token);
  const aheadMs = clock.now() - Date.parse(status.time);
  if (Math.abs(aheadMs) > maxSkewMs) {
    options.onSkew?.(aheadMs);
  }
  const { cluster } = status;
  const stored = readIdentityFile(path);
  const isBegun = stored?.cluster === cluster && stored.certificate === undefined;
  const isOwn = options.privateKey === undefined || options.privateKey === stored?.privateKey;
  const keys = isBegun && isOwn ? stored : makeKeys(options.privateKey);
  const nameServers = addressesOf(address, status);
  const pending: StoredIdentity = {
    ...{ cluster, kind, name: options.name ?? '', nameServers, roots },
    ...{ privateKey: keys.privateKey, ...(keys.sealingKey !== undefined && { sealingKey: keys.sealingKey }) },
  };
  writeIdentityFile(path, pending); // before anything is sent: whatever is lost, the same key asks again
  const transport = address.startsWith('unix:')
    ? grpcTransport
    : secureTransport({ identity: { cluster, roots } });
  let enrolment = await sendEnrolment(pending, transport, options);
  if (enrolment.state === 'pending') {
    writeIdentityFile(path, { ...pending, name: enrolment.name });
    options.onPending?.(enrolment.name, enrolment.fingerprint);
    enrolment = await approved({ ...pending, name: enrolment.name }, transport, options);
  }
  const { name, certificate = '' } = enrolment;
  const identity: Identity = { ...pending, name, certificate, roots: enrolment.roots };
  writeIdentityFile(path, identity);
  return { identity, enrolment };
}

function readToken({ token, address }: EnrolOptions): EnrolmentToken | undefined {
  if (token === undefined) {
    if (!address.startsWith('unix:')) {
      throw coreError(
        'ARGUMENT_MISSING',
        'a token is needed over a network: make one with "rpcclient identity.create_token", and give --token -',
      );
    }
    return undefined;
  }
  const read = parseToken(token);
  if (read === undefined) {
    throw coreError('ARGUMENT_INVALID', 'that is no token: one is pb1. and three parts, as it was printed');
  }
  return read;
}

/** Returns the identity that is in the file already, if it still counts; one that does not is kept aside. */
async function knownIdentity(
  { path, address }: EnrolOptions,
  hasToken: boolean,
): Promise<Identity | undefined> {
  const stored = readIdentityFile(path);
  if (stored?.certificate === undefined) {
    return undefined;
  }
  const identity: Identity = { ...stored, certificate: stored.certificate };
  const current = new CurrentIdentity(identity, (next) => {
    writeIdentityFile(path, next);
  });
  try {
    await renewIdentity(current, address);
    return current.current;
  } catch (error) {
    const isOver =
      isRpcError(error) && ['UNAUTHENTICATED', 'PERMISSION_DENIED', 'NOT_FOUND'].includes(error.code);
    if (!isOver || !(hasToken || address.startsWith('unix:'))) {
      throw error;
    }
  }
  renameSync(path, `${path}.old`);
  return undefined;
}

/** Asks who answers at an address, and compares that with the token before anything else. */
async function firstStatus(
  address: string,
  token: EnrolmentToken | undefined,
): Promise<{ readonly status: IdentityStatus; readonly roots: readonly string[] }> {
  const dialer = new UnverifiedDialer();
  const status = await withAuthority(grpcTransportBy(dialer), address, (asked) =>
    Promise.resolve(asked.status),
  );
  if (token === undefined) {
    return { status, roots: status.roots };
  }
  const root = status.roots.find((pem) => pinIn(pem) === token.pin);
  if (root === undefined) {
    throw secureError(
      'CA_PIN_MISMATCH',
      `who answers at ${address} is not the name server that made the token (its certificate was issued by ` +
        `${dialer.issuer}); the token was not sent. Is the address right, and is no proxy in between that ends TLS?`,
    );
  }
  return { status, roots: [root] };
}

function pinIn(pem: string): string | undefined {
  try {
    return pinOf(new X509Certificate(pem));
  } catch {
    return undefined; // a stranger's
  }
}

async function sendEnrolment(
  { kind, privateKey, sealingKey }: StoredIdentity,
  transport: Transport,
  { address, token, name }: EnrolOptions,
): Promise<Enrolment> {
  const enrolled = kind === 'user' ? kind : 'host';
  const { pem, fingerprint } = publicKeyOf(privateKey);
  const sealing = sealingKey === undefined ? undefined : publicKeyOf(sealingKey);
  return withAuthority(transport, address, ({ methods, status: { challenge } }) => {
    const secret = token?.trim();
    const sealingFingerprint = sealing?.fingerprint;
    const text = enrolmentMessage({
      ...{ challenge, kind: enrolled, name, token: secret, fingerprint, sealingFingerprint },
    });
    return methods.enrol(enrolled, pem, challenge, signText(privateKey, text), {
      ...(name !== undefined && { name }),
      ...(secret !== undefined && { token: secret }),
      ...(sealing !== undefined && { sealingKey: sealing.pem }),
    });
  });
}

/** Waits until an admin has approved. @throws RpcError when it was rejected */
async function approved(
  identity: StoredIdentity,
  transport: Transport,
  { address, clock = systemClock, signal, approvalMs = 3_000 }: EnrolOptions,
): Promise<Enrolment> {
  for (;;) {
    await clock.sleep(approvalMs, { signal });
    try {
      const enrolment = await askForCertificate(identity, transport, address);
      if (enrolment.certificate !== undefined) {
        return enrolment;
      }
    } catch (error) {
      if (!isRpcError(error, 'HOST_PENDING', 'NAMESERVER_UNAVAILABLE')) {
        throw error;
      }
    }
  }
}

/** Returns where the name server is asked from now on. */
function addressesOf(address: string, { discover }: IdentityStatus): readonly string[] {
  const ofTcp = discover.endpoints.filter((each) => !each.startsWith('unix:'));
  return address.startsWith('unix:') ? [address, ...ofTcp] : [...new Set([address, ...ofTcp])];
}
