import type { RpcError } from '../errors/rpc-error.js';
import { quoted } from '../names.js';
import { type ApiKey, crypto, deriveKey, equalMacs } from './api-key.js';
import { identityError } from './identity-error.js';
import { hostOf, parseServerName } from './server-name.js';
import { sessionProof } from './session-proof.js';

/** What a client has seen of the beginning of a session. */
interface SessionSeen {
  readonly expected: string | undefined;
  readonly server: string;
  readonly challenge: Uint8Array;
  readonly ownChallenge: Uint8Array;
  readonly clientHello: Uint8Array;
  readonly serverHello: Uint8Array;
  readonly binding: Uint8Array | undefined;
}

/** The proofs of both ends of a session. */
interface SessionProof {
  /** The client's, to be sent. */
  readonly proof: Uint8Array;
  /** Checks the server's. @throws RpcError `SERVER_NOT_EXPECTED` */
  readonly check: (serverProof: Uint8Array) => void;
}

const challengeBytes = 32;

/**
 * Proves by an API key who opens a session, and has the server prove that it knows the same key: only the server that the
 * key was derived for does, whoever issued its certificate.
 */
export class ApiKeyProver {
  /** The id of the key. */
  readonly key: string;
  readonly #secret: string;

  constructor({ id, secret }: ApiKey) {
    this.key = id;
    this.#secret = secret;
  }

  /** Draws the challenge of a session, 32 random bytes. */
  challenge(): Uint8Array {
    return crypto().randomBytes(challengeBytes);
  }

  /** Proves who opens a session. @throws RpcError `SERVER_NOT_EXPECTED` */
  prove(seen: SessionSeen): SessionProof {
    const { expected, challenge, ownChallenge } = seen;
    const server = parseServerName(seen.server);
    if (server === undefined || challenge.length !== challengeBytes) {
      throw notExpected('it takes no API keys; call with an identity, or by its socket file', expected);
    }
    const host = hostOf(server);
    const isExpected =
      expected === 'nameserver' ? server.kind === 'nameserver' : !isNamed(expected) || expected === host;
    if (!isExpected || server.kind === 'user') {
      throw notExpected(`it says that it is ${quoted(host)}`, expected);
    }
    const key = deriveKey(this.#secret, server.cluster, host);
    const expectedProof = sessionProof(key, 'server', { ...seen, challenge: ownChallenge });
    return {
      proof: sessionProof(key, 'client', seen),
      check: (serverProof) => {
        if (!equalMacs(serverProof, expectedProof)) {
          throw notExpected(`it says that it is ${quoted(host)}, and cannot prove it`, expected);
        }
      },
    };
  }
}

function isNamed(expected: string | undefined): expected is `host:${string}` {
  return expected?.includes(':') === true;
}

function notExpected(what: string, expected: string | undefined): RpcError {
  const whom = expected === 'nameserver' ? 'a name server' : isNamed(expected) ? expected : 'a server';
  return identityError(
    'SERVER_NOT_EXPECTED',
    `${whom} was expected there, and of who answers: ${what}; no call was sent`,
  );
}
