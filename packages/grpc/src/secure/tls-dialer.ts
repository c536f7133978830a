import type * as Tls from 'node:tls';
import type { PeerCertificate, SecureContext } from 'node:tls';

import {
  type ChannelTrust,
  type Dialled,
  type DialFailure,
  plainAnswer,
  type TcpDialer,
} from '../client/index.js';
import { parseTcpAddress, RpcError, systemErrorText } from '@patchbay/objects';
import { identityError } from '@patchbay/objects/identity';
import type { Destination } from '@patchbay/session/client';

import { serverError } from './server-check.js';
import type { Identity, Trust } from './trust.js';

const contexts = new WeakMap<Trust, SecureContext>();

/** Loaded when a server is dialled: a command that calls by a socket file does without. */
function tls(): typeof Tls {
  return process.getBuiltinModule('node:tls');
}

function contextOf(trust: Trust): SecureContext {
  let context = contexts.get(trust);
  if (context === undefined) {
    const { roots, certificate, privateKey } = trust;
    context = tls().createSecureContext({
      ca: [...roots],
      minVersion: 'TLSv1.3',
      ...(certificate !== undefined && privateKey !== undefined && { cert: certificate, key: privateKey }),
    });
    contexts.set(trust, context);
  }
  return context;
}

/** Dials servers over TLS, checks who answers, and shows a certificate if it has one. */
export class TlsDialer implements TcpDialer {
  readonly #trust: () => Trust;

  /** @param trust returns what is in force now */
  constructor(trust: () => Trust) {
    this.#trust = trust;
  }

  dial({ address, principal }: Destination): Dialled {
    const { host, port } = parseTcpAddress(address);
    const trust = this.#trust();
    const socket = tls().connect({
      host,
      port,
      ALPNProtocols: ['h2'],
      secureContext: contextOf(trust),
      checkServerIdentity: (_host, certificate) => serverError(certificate, trust.cluster, principal),
    });
    socket.setNoDelay(true);
    return { socket, authority: address, failure: tlsFailure };
  }

  trust({ principal }: Pick<Destination, 'principal'>): ChannelTrust {
    const trust = this.#trust();
    let refused: Error | undefined;
    return {
      context: contextOf(trust),
      check: (_host: string, certificate: PeerCertificate) =>
        (refused = serverError(certificate, trust.cluster, principal)),
      refused: () => (refused instanceof RpcError ? refused : undefined),
    };
  }
}

/** Returns what checks that a server at an address is the one that has an identity: itself. */
export function trustOfServer(identity: Identity): ChannelTrust {
  const { kind, name } = identity;
  return new TlsDialer(() => identity).trust({ principal: `${kind}:${name}` });
}

/** What OpenSSL says of a certificate that it does not trust. */
const notTrusted = /^(?:UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|CERT_|INVALID_CA|PATH_LENGTH|ERR_TLS_CERT)/;

/** Returns why a connection over TLS failed. */
function tlsFailure(error: Error): DialFailure {
  if (error instanceof RpcError) {
    return { why: error.message, refusal: { code: error.code, reason: error.reason } };
  }
  const { code = '' } = error as NodeJS.ErrnoException;
  if (notTrusted.test(code)) {
    const [expired, notYet] = [code === 'CERT_HAS_EXPIRED', code === 'CERT_NOT_YET_VALID'];
    const now = new Date().toISOString();
    const why =
      expired || notYet
        ? `the certificate of the server ${expired ? 'has ended' : 'begins later'}; the clock here says ${now}`
        : `the certificate of who answers there is of no authority that is trusted here (${code}); nothing was sent`;
    const refused = identityError('SERVER_NOT_EXPECTED', why);
    return { why, refusal: { code: refused.code, reason: refused.reason } };
  }
  return plainAnswer(error) ?? { why: systemErrorText(error) };
}
