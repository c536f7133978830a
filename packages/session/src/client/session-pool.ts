import { coreError, RpcError } from '@patchbay/objects';

import { sleepAwake } from '../keepalive.js';
import { mayComeAgain } from '../protocol/failure.js';
import { ClientSession } from './client-session.js';
import type { Destination } from './destination.js';
import type { ClientHello } from './hello.js';
import type { LostCallHandler } from './session-events.js';
import type { ClientLiveness } from './session-keepalive.js';
import type { Refusal, Transport } from './transport.js';

/** How long a server may take to say hello by default, in milliseconds. */
export const defaultOpenTimeoutMs = 5_000;

export interface SessionPoolOptions extends ClientLiveness {
  readonly transport: Transport;
  readonly hello: ClientHello;
  readonly openTimeoutMs: number;
  readonly onLostCall: LostCallHandler;
}

/** Keeps one session with each destination, opened when first asked for and again after it was lost. */
export class SessionPool implements AsyncDisposable {
  readonly #options: SessionPoolOptions;
  readonly #sessions = new Map<string, ClientSession>();
  /** Those that finish what runs, and take no further calls. */
  readonly #retired = new Set<ClientSession>();
  readonly #opening = new Map<string, Promise<ClientSession>>();
  readonly #closing = new AbortController();

  constructor(options: SessionPoolOptions) {
    this.#options = options;
  }

  /**
   * Returns the session with a server: at once where it is open. Before it is open nothing of any call was sent, so
   * that a failure to open is always safe to retry.
   *
   * @throws RpcError `CONNECTION_LOST`, or the reason of a server that has no room for a session
   */
  session(to: Destination): ClientSession | Promise<ClientSession> {
    const open = this.#sessions.get(to.key);
    if (open !== undefined) {
      return open;
    }
    if (this.#closing.signal.aborted) {
      throw coreError('CONNECTION_LOST', 'the client was closed');
    }
    const opening = this.#opening.get(to.key);
    if (opening !== undefined) {
      return opening;
    }
    const session = this.#open(to).finally(() => {
      this.#opening.delete(to.key);
    });
    this.#opening.set(to.key, session);
    return session;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#opening.values());
    await Promise.all([...this.#sessions.values(), ...this.#retired].map((session) => session.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(to: Destination): Promise<ClientSession> {
    const { address, key } = to;
    const { transport, hello, openTimeoutMs, clock, onLostCall } = this.#options;
    return new Promise((resolve, reject) => {
      const stream = transport.dial(to, {
        onMessage: (message) => {
          session.receive(message);
        },
        onEnd: (why, refusal) => {
          session.lose(sessionError(address, why, refusal));
        },
      });
      const giveUp = (): void => {
        session.lose(
          coreError('CONNECTION_LOST', `${address} did not answer in time`, { details: { timedOut: true } }),
        );
        void stream.end();
      };
      const waiting = new AbortController();
      sleepAwake(clock, openTimeoutMs, waiting.signal).then(giveUp, () => undefined);
      this.#closing.signal.addEventListener('abort', giveUp, { once: true });
      const stopWaiting = (): void => {
        waiting.abort();
        this.#closing.signal.removeEventListener('abort', giveUp);
      };
      const session = new ClientSession(to, hello, stream, this.#options, {
        onOpen: () => {
          stopWaiting();
          if (!session.lost) {
            this.#sessions.set(key, session);
          }
          resolve(session);
        },
        onEnd: (error) => {
          stopWaiting();
          if (this.#sessions.get(key) === session) {
            this.#sessions.delete(key);
          }
          this.#retired.delete(session);
          reject(error);
        },
        onLostCall: (call, error, from) => {
          if (mayComeAgain(error) && this.#sessions.get(key) === session) {
            this.#sessions.delete(key); // the next asks anew who calls
            this.#retired.add(session);
            session.retire();
          }
          onLostCall(call, error, from);
        },
      });
    });
  }
}

/** Makes the error of a session that ended: without a connection, or because one end refused the other. */
function sessionError(address: string, why: string, refusal: Refusal | undefined): RpcError {
  if (refusal === undefined) {
    return coreError('CONNECTION_LOST', `no connection to ${address}: ${why}`);
  }
  const { code, reason } = refusal;
  const what = code === 'RESOURCE_EXHAUSTED' ? `${address} ended the session` : `no connection to ${address}`;
  return new RpcError(code, reason, `${what}: ${why}`);
}
