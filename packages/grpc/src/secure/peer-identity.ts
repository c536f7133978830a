import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { anonymousCaller, type Caller, localCaller, quoted, type RpcError } from '@patchbay/objects';
import { certificateTimeError, identityError } from '@patchbay/objects/define';
import {
  fingerprintOf,
  formatSpiffeId,
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

/** The other end of a connection. */
interface PeerConnection {
  readonly peer: string;
  readonly isLocal: boolean;
  readonly socket: Socket | TLSSocket;
}

/**
 * Returns what identifies the callers of a server: `local` by a socket file; over TLS whoever a certificate of this
 * cluster names, as long as that counts; anybody else is `anonymous`, with the reason if it has a certificate.
 *
 * @param now returns the wall-clock time, in milliseconds since the Unix epoch
 */
export function identifyByCertificate(
  identity: CurrentIdentity,
  callerOf: CallerOfKey,
  now: () => number = Date.now,
): (connection: PeerConnection) => Caller {
  return ({ peer, isLocal, socket }) => {
    if (isLocal) {
      return localCaller(peer);
    }
    // The socket of an HTTP/2 session stands for the real one, of which "in" would report nothing.
    const { encrypted } = socket as Partial<TLSSocket>;
    const certificate = encrypted === true ? (socket as TLSSocket).getPeerX509Certificate() : undefined;
    if (certificate === undefined) {
      return anonymousCaller(peer);
    }
    const { authorized, authorizationError } = socket as TLSSocket;
    const trouble = authorized ? undefined : (authorizationError as Error | string).toString(); // a code, whatever the types say
    const caller = callerIn(certificate, trouble, {
      peer,
      cluster: identity.current.cluster,
      callerOf,
      now: now(),
    });
    return 'roles' in caller ? caller : anonymousCaller(peer, caller);
  };
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
    return identityError(caller.reason, caller.message, { details: { principal } });
  }
  return { ...caller, serial: certificate.serialNumber, expiresAtMs };
}

function foreign(what: string, cluster: string): RpcError {
  const advice = 'enrol there with a token (rpcserver join, rpcclient login)';
  return identityError('CERTIFICATE_FOREIGN', `${what}; this is the cluster ${quoted(cluster)}: ${advice}`);
}
