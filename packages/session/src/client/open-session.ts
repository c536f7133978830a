import { coreError, RpcError } from '@patchbay/objects';

import { ClientSession } from './client-session.js';
import { type LostCallHandler } from './session-events.js';
import { type Transport } from './transport.js';

/**
 * Opens a session. Once it is there the server has said hello; before, nothing of any call was sent, so that a
 * failure to open is always safe to retry.
 *
 * @throws RpcError `CONNECTION_LOST`, or what the server is out of
 */
export async function openSession(options: {
  readonly address: string;
  readonly transport: Transport;
  /** What the client says of itself. */
  readonly own: { readonly client: string; readonly maxFrameBytes: number };
  readonly onLostCall: LostCallHandler;
  /** Told once when the session is over. */
  readonly onEnd: (session: ClientSession) => void;
  readonly signal: AbortSignal;
}): Promise<ClientSession> {
  const { address, signal } = options;
  return new Promise((resolve, reject) => {
    const stream = options.transport.dial(address, {
      onMessage: (message) => {
        session.receive(message);
      },
      onEnd: (why, exhaustedReason) => {
        session.lose(endOf(address, why, exhaustedReason));
      },
    });
    const giveUp = (): void => {
      session.lose(
        coreError('CONNECTION_LOST', `${address} did not answer in time`, { details: { timedOut: true } }),
      );
      void stream.end();
    };
    const session = new ClientSession(address, options.own, stream, {
      onOpen: () => {
        signal.removeEventListener('abort', giveUp);
        resolve(session);
      },
      onEnd: (error) => {
        signal.removeEventListener('abort', giveUp);
        options.onEnd(session);
        reject(error);
      },
      onLostCall: options.onLostCall,
    });
    signal.addEventListener('abort', giveUp, { once: true });
  });
}

/** Says why a session is over: for want of a connection, or because the server has no room for it. */
function endOf(address: string, why: string, exhaustedReason: string | undefined): RpcError {
  return exhaustedReason === undefined
    ? coreError('CONNECTION_LOST', `no connection to ${address}: ${why}`)
    : new RpcError('RESOURCE_EXHAUSTED', exhaustedReason, `${address} ended the session: ${why}`);
}
