import { connectTo } from '@patchbay/grpc/client';
import {
  type Clock,
  coreError,
  isRpcError,
  type Log,
  onBehalfOfError,
  quoted,
  type RpcError,
  toRpcError,
} from '@patchbay/objects';
import type { ObjectClient } from '@patchbay/session/client';

import { failed, succeeded } from '../call-outcomes.js';
import type { AttemptOutcome } from '../worker-protocol.js';
import type { AttemptOutput } from './output.js';
import type { HostAssignment } from './worker.js';

/** What an attempt is made with. */
export interface RunOptions {
  /** Aborts when the attempt is to be stopped. */
  readonly signal: AbortSignal;
  /** Where what the method yields goes. Default: nowhere. */
  readonly output?: AttemptOutput | undefined;
}

/** Makes the attempts of a host. */
export interface Runner extends AsyncDisposable {
  /** Makes an attempt; resolves to how it ended, undefined where the signal ended it first. Never rejects. */
  run(assignment: HostAssignment, options: RunOptions): Promise<AttemptOutcome | undefined>;
}

/** Where calls are made. */
export interface CallRunnerOptions {
  /** The socket files of this machine's RPC servers, as `unix:/PATH`. */
  readonly servers: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}

interface Server {
  readonly address: string;
  readonly client: ObjectClient;
}

/** Makes calls of the objects that this machine's RPC servers host, by their socket files, on behalf of each job's caller. */
export class CallRunner implements Runner {
  readonly #servers: readonly Server[];

  constructor({ servers, clock, log }: CallRunnerOptions) {
    this.#servers = servers.map((address) => ({
      address,
      client: connectTo(address, { clock, log, claims: 'patchbay-host' }),
    }));
  }

  async run(assignment: HostAssignment, { signal, output }: RunOptions): Promise<AttemptOutcome | undefined> {
    try {
      const client = await this.#serverOf(assignment.object);
      signal.throwIfAborted();
      return succeeded(await call(client, assignment, signal, output));
    } catch (error) {
      return signal.aborted ? undefined : failed(error, assignment);
    }
  }

  /** Closes the connections; calls in flight are cancelled. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map(({ client }) => client.close()));
  }

  /**
   * Returns the client of the server that hosts an object: asked before the call, which may not be made twice.
   *
   * @throws RpcError `OBJECT_NOT_FOUND` with the servers that were asked; where one of them does not answer, its error
   */
  async #serverOf(object: string): Promise<ObjectClient> {
    let unreachable: RpcError | undefined;
    for (const { client } of this.#servers) {
      try {
        await client.describe(object);
        return client;
      } catch (error) {
        if (!isRpcError(error, 'OBJECT_NOT_FOUND')) {
          unreachable ??= toRpcError(error);
        }
      }
    }
    if (unreachable !== undefined) {
      throw unreachable;
    }
    const servers = this.#servers.map(({ address }) => address);
    throw coreError(
      'OBJECT_NOT_FOUND',
      `no RPC server of this host hosts an object ${quoted(object)}; asked: ${servers.join(', ')}`,
      { details: { servers } },
    );
  }
}

async function call(
  client: ObjectClient,
  { id, object, method, args, caller, comment, timeoutMs, fromHere }: HostAssignment,
  signal: AbortSignal,
  output: AttemptOutput | undefined,
): Promise<unknown> {
  const isLocal = caller === 'local' && fromHere;
  const wrong = isLocal ? undefined : onBehalfOfError(caller);
  if (wrong !== undefined) {
    throw wrong;
  }
  const running = client.call(object, method, args, {
    ...{ signal, timeoutMs, correlationId: id },
    ...(isLocal ? {} : { onBehalfOf: caller }),
    ...(comment === undefined ? {} : { metadata: { reason: comment } }), // some methods want to know why
  });
  if (output !== undefined) {
    for await (const item of running) {
      await output.write('out', lineOf(item));
    }
  }
  return await running;
}

/** Returns what an item is in the output: bytes as they are, else a line of JSON. */
function lineOf(item: unknown): Uint8Array {
  return item instanceof Uint8Array ? item : Buffer.from(`${JSON.stringify(item)}\n`);
}
