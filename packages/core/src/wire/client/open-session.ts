import { coreError } from '../../errors/core-errors.js';
import { ClientSession, type LostCallHandler } from './client-session.js';
import { GrpcStream } from './grpc-stream.js';

/**
 * Opens a session. Once it is there the server has said hello; before, nothing of any call was sent, so that a
 * failure to open is always safe to retry.
 *
 * @throws RpcError `CONNECTION_LOST`
 */
export async function openSession(options: {
  readonly address: string;
  readonly client: string;
  readonly onLostCall: LostCallHandler;
  readonly signal: AbortSignal;
}): Promise<ClientSession> {
  const { address, signal } = options;
  return new Promise((resolve, reject) => {
    const stream = new GrpcStream(address, '/patchbay.v1.ObjectServer/Session', {
      onMessage: (message) => {
        session.receive(message);
      },
      onEnd: (why) => {
        session.lose(coreError('CONNECTION_LOST', `no connection to ${address}: ${why}`));
      },
    });
    const giveUp = (): void => {
      session.lose(coreError('CONNECTION_LOST', `${address} did not answer in time`));
      stream.end();
    };
    const session = new ClientSession(address, options.client, stream, {
      onOpen: () => {
        signal.removeEventListener('abort', giveUp);
        resolve(session);
      },
      onEnd: (error) => {
        signal.removeEventListener('abort', giveUp);
        reject(error);
      },
      onLostCall: options.onLostCall,
    });
    signal.addEventListener('abort', giveUp, { once: true });
  });
}
