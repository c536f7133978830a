import { type ClientSession, type LostCallHandler } from './client-session.js';
import { openSession } from './open-session.js';

/** How long a server may take to say hello, in milliseconds. */
const openTimeoutMs = 5_000;

/** Keeps one session to each address, opened when first asked for and again after it was lost. */
export class SessionPool implements AsyncDisposable {
  readonly #client: string;
  readonly #onLostCall: LostCallHandler;
  readonly #open = new Map<string, ClientSession>();
  readonly #opening = new Map<string, Promise<ClientSession>>();
  readonly #closing = new AbortController();

  constructor(client: string, onLostCall: LostCallHandler) {
    this.#client = client;
    this.#onLostCall = onLostCall;
  }

  /** Gives the session to an address: at once where it is open. @throws RpcError `CONNECTION_LOST` */
  session(address: string): ClientSession | Promise<ClientSession> {
    const open = this.#open.get(address);
    if (open?.lost === false) {
      return open;
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
    for (const session of this.#open.values()) {
      await session[Symbol.asyncDispose]();
    }
    this.#open.clear();
  }

  async #start(address: string): Promise<ClientSession> {
    const giveUp = new AbortController();
    const abort = (): void => {
      giveUp.abort();
    };
    const timer = setTimeout(abort, openTimeoutMs);
    this.#closing.signal.addEventListener('abort', abort, { once: true });
    try {
      const session = await openSession({
        address,
        client: this.#client,
        onLostCall: this.#onLostCall,
        signal: giveUp.signal,
      });
      this.#open.set(address, session);
      return session;
    } finally {
      clearTimeout(timer);
      this.#closing.signal.removeEventListener('abort', abort);
    }
  }
}
