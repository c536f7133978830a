import { type Caller, coreError } from '@patchbay/objects';

import { encodedHello } from '../protocol/encoded-hello.js';
import { type Frame, type HelloAuth, type IdempotentMethods, noAuth } from '../protocol/frame.js';
import { streamWindow } from './incoming-stream.js';
import type { SessionLimits } from './session-limits.js';

type Hello = Frame & { kind: 'hello' };

/** What a client has sent, and was sent, to open a session with a key. */
export interface ClientProof {
  /** The id of its API key. */
  readonly key: string;
  readonly proof: Uint8Array;
  /** The client's challenge, and the server's. */
  readonly challenges: readonly [client: Uint8Array, server: Uint8Array];
  readonly clientHello: Uint8Array;
  readonly serverHello: Uint8Array;
}

/** Has the clients of a server prove who opens a session. */
export interface SessionVerifier {
  /** The server's name. */
  readonly server: string;
  /** Draws the challenge of a session, 32 random bytes. */
  challenge(): Uint8Array;
  /** Returns who has opened the session, what limits it from now on, and the server's own proof. @throws RpcError `SIGNATURE_INVALID` */
  verify(proof: ClientProof): {
    readonly caller: Caller;
    readonly limits: SessionLimits;
    readonly proof: Uint8Array;
  };
}

interface GreetingOptions {
  readonly verifier: SessionVerifier | undefined;
  /** Makes the server's Hello, for who calls by now. */
  readonly hello: () => Hello;
  readonly send: (frame: Frame) => void;
  /** Called with the client's first Hello, before it is answered. */
  readonly onHello: (frame: Hello) => void;
  /** Called when the client has proven who it is. */
  readonly onProven: (caller: Caller, limits: SessionLimits) => void;
}

interface Asked {
  readonly key: string;
  readonly challenges: ClientProof['challenges'];
  readonly clientHello: Uint8Array;
  readonly serverHello: Uint8Array;
}

/** The longest text that a client may say it is. */
const maxClaims = 64;

/** Begins a session: takes the client's Hello, and where that names a key, its proof; then calls may come. */
export class SessionGreeting {
  readonly #options: GreetingOptions;
  /** The client's id; empty before its Hello. */
  client = '';
  /** What was asked of the client, until it has proven it. */
  #asked: Asked | undefined;

  constructor(options: GreetingOptions) {
    this.#options = options;
  }

  /** Whether calls may come. */
  get done(): boolean {
    return this.client !== '' && this.#asked === undefined;
  }

  /** Takes a Hello of the client, and answers it. @throws RpcError `MESSAGE_MALFORMED`, `SIGNATURE_INVALID` */
  take(frame: Hello): void {
    const { auth = noAuth } = frame;
    if (this.#asked !== undefined) {
      this.#prove(this.#asked, auth.proof);
      return;
    }
    if (this.client !== '' || frame.client === '') {
      throw coreError('MESSAGE_MALFORMED', 'a session begins with one hello that names the client');
    }
    checkClaims(auth);
    this.client = frame.client;
    const { verifier, hello, send, onHello } = this.#options;
    onHello(frame);
    if (auth.key === '') {
      send(hello());
      return;
    }
    // A server without keys has none of that id either, and says so when it is proven.
    const challenge = verifier?.challenge() ?? new Uint8Array();
    const answer = { ...hello(), auth: { ...noAuth, server: verifier?.server ?? '', challenge } };
    const clientHello = auth.encoded ?? new Uint8Array();
    this.#asked = {
      key: auth.key,
      challenges: [auth.challenge, challenge],
      clientHello: Uint8Array.from(clientHello), // not a view of the message
      serverHello: encodedHello(answer),
    };
    send(answer);
  }

  #prove(asked: Asked, proof: Uint8Array): void {
    const { verifier, hello, send, onProven } = this.#options;
    const proven = verifier?.verify({ ...asked, proof });
    if (proven === undefined) {
      throw coreError('MESSAGE_MALFORMED', 'this server takes no API keys');
    }
    this.#asked = undefined;
    onProven(proven.caller, proven.limits);
    send({ ...hello(), auth: { ...noAuth, proof: proven.proof } });
  }
}

/** Returns the Hello of a server. @param idempotent the methods that the client may repeat */
export function serverHello(limits: SessionLimits, idempotent: readonly IdempotentMethods[]): Hello {
  return {
    kind: 'hello',
    client: '',
    maxCalls: limits.maxCalls,
    itemWindow: streamWindow.bytes,
    itemCountWindow: streamWindow.items,
    maxFrameBytes: limits.maxFrameBytes,
    idempotent,
    heartbeatMs: limits.keepalive.intervalMs,
    methodTimeouts: true,
  };
}

function checkClaims({ claims }: HelloAuth): void {
  if (claims.length > maxClaims || !/^[\x21-\x7e]*$/.test(claims)) {
    throw coreError(
      'MESSAGE_MALFORMED',
      `claims must be at most ${String(maxClaims)} visible ASCII characters`,
    );
  }
}
