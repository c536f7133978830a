import { coreError } from '@patchbay/objects';

import { type ClientSession } from './client-session.js';
import { openSession } from './open-session.js';
import { type LostCallHandler } from './session-events.js';
import { type Transport } from './transport.js';

/** How long a server may take to say hello where nothing else is asked for, in milliseconds. */
export const defaultOpenTimeoutMs = 5_000;

/** What a client says of itself, and how long it waits for a server to say hello, in milliseconds. */
export interface OwnEnd {
  readonly client: string;
  readonly maxFrameBytes: number;
  readonly openTimeoutMs: number;
}

/** Keeps one session to each address, opened when first asked for and again after it was lost. */
export class SessionPool implements AsyncDisposable {
  readonly #transport: Transport;
  readonly #own: OwnEnd;
  readonly #onLostCall: LostCallHandler;
  readonly #open = new Map<string, ClientSession>();
  readonly #opening = new Map<string, Promise<ClientSession>>();
  readonly #closing = new AbortController();

  constructor(transport: Transport, own: OwnEnd, onLostCall: LostCallHandler) {
    this.#transport = transport;
    this.#own = own;
    this.#onLostCall = onLostCall;
  }

  /** Gives the session to an address: at once where it is open. @throws RpcError `CONNECTION_LOST` */
  session(address: string): ClientSession | Promise<ClientSession> {
    const open = this.#open.get(address);
    if (open !== undefined) {
      return open;
    }
    if (this.#closing.signal.aborted) {
      throw coreError('CONNECTION_LOST', 'the client was closed');
    }
    const opening = this.#opening.get(address);
    if (opening !== undefined) {
      return opening;
    }
    const session = this.#start(address).finally(() => {
      this.#opening.delete(address);
    });
    this.#opening.set(address, session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#opening.values());
    await Promise.all([...this.#open.values()].map((session) => session[Symbol.asyncDispose]()));
  }

  async #start(address: string): Promise<ClientSession> {
    const giveUp = new AbortController();
    const abort = (): void => {
      giveUp.abort();
    };
    const timer = setTimeout(abort, this.#own.openTimeoutMs);
    this.#closing.signal.addEventListener('abort', abort, { once: true });
    try {
      const session = await openSession({
        address,
        transport: this.#transport,
        own: this.#own,
        onLostCall: this.#onLostCall,
        signal: giveUp.signal,
        onEnd: (ended) => {
          if (this.#open.get(address) === ended) {
            this.#open.delete(address);
          }
        },
      });
      if (!session.lost) {
        this.#open.set(address, session);
      }
      return session;
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener('abort', abort);
    }
  }
}
