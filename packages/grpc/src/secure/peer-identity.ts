import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';

import {
  anonymousCaller,
  type Caller,
  type Clock,
  insecureCaller,
  localCaller,
  type Log,
  quoted,
  RpcError,
} from '@patchbay/objects';
import { certificateTimeError, identityError } from '@patchbay/objects/define';
import {
  fingerprintOf,
  formatSpiffeId,
  isNamedPrincipal,
  type NamedPrincipal,
  principalOf,
  type UnknownCaller,
} from '@patchbay/objects/identity';

import { spiffeIdIn, timeOf } from './certificate.js';
import type { CurrentIdentity } from './identity.js';

/** Returns the caller that a principal is who has proven to hold a key, or why it is none: see `ClusterPolicy`. */
export type CallerOfKey = (
  principal: NamedPrincipal,
  fingerprint: string,
  peer: string,
) => Caller | UnknownCaller;

/**
 * How long after its begin a certificate may be that of somebody who was enrolled just now, whom the policy of a server
 * may not have yet: authorities date it back by 10 minutes, for the sake of clocks that differ.
 */
const newForMs = 12 * 60_000;

/** More certificates than OpenSSL follows from one to its root. */
const maxChain = 100;

/** The other end of a connection. */
interface PeerConnection {
  readonly peer: string;
  readonly isLocal: boolean;
  readonly socket: Socket | TLSSocket;
}

/** What the other end of a connection has shown. */
export interface ShownPeer {
  /** The address that it connects from: `10.0.0.2:53122`. */
  readonly peer: string;
  /** The certificate; undefined where it has shown none, as over plain TCP. Anybody can make one: see `trouble`. */
  readonly certificate: X509Certificate | undefined;
  /** The fingerprint of the certificate's key, which it has proven to hold: `SHA256:...`. */
  readonly fingerprint: string | undefined;
  /**
   * Why the certificate is not to be believed, in OpenSSL's terms, such as `CERT_HAS_EXPIRED`; undefined if a trusted
   * root vouches for it. What it says of its bearer counts only then.
   */
  readonly trouble: string | undefined;
}

/** Somebody whom a program knows by itself. */
export interface AuthenticatedCaller extends Pick<Caller, 'groups' | 'roles'> {
  readonly principal: NamedPrincipal;
  /** When it is nobody any more, in milliseconds since the Unix epoch. Default: with a certificate that counts, else never. */
  readonly expiresAtMs?: number;
}

/**
 * Decides who is at the other end of a connection: somebody, or why nobody; undefined leaves that to the policy. It must
 * answer at once. Where it throws, the caller is nobody.
 */
export type Authenticate = (shown: ShownPeer) => AuthenticatedCaller | RpcError | undefined;

/** How the callers of a server are identified. */
export interface IdentifyOptions {
  /** Who the server is; undefined over plain TCP. */
  readonly identity: CurrentIdentity | undefined;
  readonly callerOf: CallerOfKey;
  /** Default: all are left to the policy. */
  readonly authenticate?: Authenticate | undefined;
  readonly log: Log;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Returns what identifies the callers of a server: `local` by a socket file; over TLS whoever a certificate of this
 * cluster names, as long as that counts; anybody else is `anonymous`, with the reason if it has a certificate.
 */
export function identifyByCertificate({
  identity,
  callerOf,
  authenticate = () => undefined,
  clock,
  log,
}: IdentifyOptions): (connection: PeerConnection) => Caller {
  /** The roots by which the certificate of a connection was verified. */
  const verifiedBy = new WeakMap<object, readonly string[]>();
  return ({ peer, isLocal, socket }) => {
    if (isLocal) {
      return localCaller(peer);
    }
    // The socket of an HTTP/2 session stands for the real one, of which "in" would report nothing.
    const { encrypted } = socket as Partial<TLSSocket>;
    const certificate = encrypted === true ? (socket as TLSSocket).getPeerX509Certificate() : undefined;
    let trouble: string | undefined;
    if (certificate !== undefined && identity !== undefined) {
      const { roots } = identity.current;
      trouble = troubleOf(socket as TLSSocket, roots, verifiedBy.get(socket) ?? roots);
      if (trouble === undefined) {
        verifiedBy.set(socket, roots);
      }
    }
    const fingerprint = certificate && fingerprintOf(certificate.publicKey);
    const decided = decide(authenticate, { peer, certificate, fingerprint, trouble }, log);
    if (decided !== undefined) {
      return decided;
    }
    if (certificate === undefined) {
      return identity === undefined ? insecureCaller(peer) : anonymousCaller(peer);
    }
    const { cluster = '' } = identity?.current ?? {};
    const caller = callerIn(certificate, trouble, { peer, cluster, callerOf, now: clock.now() });
    return 'roles' in caller ? caller : anonymousCaller(peer, caller);
  };
}

/** Returns whom a program makes the caller; undefined where it leaves that to the policy. */
function decide(authenticate: Authenticate, shown: ShownPeer, log: Log): Caller | undefined {
  const { peer, certificate, trouble } = shown;
  try {
    const decided = authenticate(shown);
    if (decided === undefined || decided instanceof RpcError) {
      return decided && anonymousCaller(peer, decided);
    }
    if (!isNamedPrincipal(decided.principal)) {
      throw new TypeError(
        `a caller must be host:NAME or user:NAME, not ${quoted(String(decided.principal))}`,
      );
    }
    const isProven = certificate !== undefined && trouble === undefined;
    const { expiresAtMs = isProven ? timeOf(certificate.validTo) : undefined } = decided;
    return { peer, ...decided, ...(expiresAtMs !== undefined && { expiresAtMs }) };
  } catch (error) {
    log.error('cannot tell who calls: authenticate failed', { peer, error });
    return anonymousCaller(
      peer,
      identityError('CALLER_UNKNOWN', 'the server cannot tell who calls; ask its operator'),
    );
  }
}

/**
 * Returns what is wrong with the chain of a certificate, in OpenSSL's terms.
 *
 * @param roots that are trusted now
 * @param before that were trusted when OpenSSL was content with it
 */
function troubleOf(
  socket: TLSSocket,
  roots: readonly string[],
  before: readonly string[],
): string | undefined {
  if (!socket.authorized) {
    return (socket.authorizationError as Error | string).toString(); // a code, whatever the types say
  }
  return roots === before || hasRoot(socket, roots) ? undefined : 'SELF_SIGNED_CERT_IN_CHAIN';
}

/** Reports whether the chain that was verified on a connection ends at one of these roots. */
function hasRoot(socket: TLSSocket, roots: readonly string[]): boolean {
  const trusted = new Set(roots.map((pem) => new X509Certificate(pem).fingerprint256));
  let last = socket.getPeerCertificate(true);
  for (let depth = 0; depth < maxChain; depth += 1) {
    if (trusted.has(last.fingerprint256)) {
      return true;
    }
    const { issuerCertificate } = last as Partial<DetailedPeerCertificate>;
    if (issuerCertificate === undefined || issuerCertificate === last) {
      return false;
    }
    last = issuerCertificate;
  }
  return false;
}

/** Returns whom a certificate makes the caller, or why nobody. @param trouble what OpenSSL says of its chain */
function callerIn(
  certificate: X509Certificate,
  trouble: string | undefined,
  { peer, cluster, callerOf, now }: { peer: string; cluster: string; callerOf: CallerOfKey; now: number },
): Caller | RpcError {
  const id = spiffeIdIn(certificate.subjectAltName);
  const principal = id === undefined ? undefined : principalOf(id);
  const whose = principal ?? (id === undefined ? 'the caller' : formatSpiffeId(id));
  const expiresAtMs = timeOf(certificate.validTo);
  if (trouble === 'CERT_NOT_YET_VALID') {
    return certificateTimeError('CERTIFICATE_NOT_YET_VALID', whose, timeOf(certificate.validFrom), now);
  }
  if (trouble === 'CERT_HAS_EXPIRED' || (trouble === undefined && !(now < expiresAtMs))) {
    return certificateTimeError('CERTIFICATE_EXPIRED', whose, expiresAtMs, now);
  }
  if (trouble !== undefined) {
    const why = `no authority that this server trusts has issued the certificate (${trouble})`;
    return foreign(why, cluster);
  }
  if (id === undefined) {
    return foreign('the certificate does not name one host or user of a cluster', cluster);
  }
  if (id.cluster !== cluster || principal === undefined) {
    return foreign(`the certificate is ${quoted(formatSpiffeId(id))}`, cluster);
  }
  const caller = callerOf(principal, fingerprintOf(certificate.publicKey), peer);
  if ('reason' in caller) {
    const isNew = now - timeOf(certificate.validFrom) < newForMs;
    const { reason, message, isTemporary = reason === 'CALLER_UNKNOWN' && isNew } = caller;
    return identityError(reason, message, { details: { principal, ...(isTemporary && { isTemporary }) } });
  }
  return { ...caller, serial: certificate.serialNumber, expiresAtMs };
}

function foreign(what: string, cluster: string): RpcError {
  const advice =
    'enrol there with a token (rpcserver join, rpcclient login), or have its own PKI issue one where it has that';
  return identityError('CERTIFICATE_FOREIGN', `${what}; this is the cluster ${quoted(cluster)}: ${advice}`);
}
