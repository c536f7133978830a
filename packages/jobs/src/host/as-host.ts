import { type Call, type CallOptions, isRpcError, type Signatures } from '@patchbay/objects';
import type { ObjectClient, RemoteObject } from '@patchbay/session/client';

/** The options of what a host asks. */
export type AskOptions = Pick<CallOptions, 'signal' | 'timeoutMs'>;

/** What a host was answered. */
export interface HostAnswer<T> {
  readonly answer: T;
  /** Whether a socket file of this machine leads to who answered. */
  readonly fromHere: boolean;
}

/**
 * Calls an object as a host: by its certificate, and where a socket file leads there, which knows callers as `local`
 * alone, on behalf of the host.
 */
export class AsHost<S extends Signatures> {
  readonly #object: RemoteObject<S>;
  readonly #host: () => string;
  /** Whether a socket file leads there, as far as is known. */
  #bySocket = true;

  /** @param host returns the host's name */
  constructor(client: ObjectClient, object: string, host: () => string) {
    this.#object = client.proxy<S>(object);
    this.#host = host;
  }

  /** Makes a call. @throws RpcError of the call */
  async ask<T>(options: AskOptions, make: (object: RemoteObject<S>) => Call<T>): Promise<HostAnswer<T>> {
    const assumed = this.#bySocket;
    const onBehalf = assumed ? { onBehalfOf: `host:${this.#host()}` } : {};
    const call = make(this.#object.with({ ...options, ...onBehalf }));
    try {
      const answer = await call;
      return { answer, fromHere: isSocket(call.endpoint) };
    } catch (error) {
      const isRefused = isRpcError(error) && ['PERMISSION_DENIED', 'UNAUTHENTICATED'].includes(error.code);
      if (!isRefused || call.endpoint === undefined || isSocket(call.endpoint) === assumed) {
        throw error;
      }
      this.#bySocket = !assumed;
      return this.ask(options, make);
    }
  }
}

function isSocket(endpoint: string | undefined): boolean {
  return endpoint?.startsWith('unix:') === true;
}
