import { coreError } from '../../errors/core-errors.js';
import { sessionPath } from '../session-path.js';
import { ClientSession, type LostCallHandler } from './client-session.js';
import { GrpcStream, type GrpcStreamEvents } from './grpc-stream.js';

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
  /** Told once when the session is over. */
  readonly onEnd: (session: ClientSession) => void;
  readonly signal: AbortSignal;
}): Promise<ClientSession> {
  const { address, signal } = options;
  return new Promise((resolve, reject) => {
    const stream = dial(address, {
      onMessage: (message) => {
        session.receive(message);
      },
      onEnd: (why) => {
        session.lose(coreError('CONNECTION_LOST', `no connection to ${address}: ${why}`));
      },
    });
    const giveUp = (): void => {
      session.lose(
        coreError('CONNECTION_LOST', `${address} did not answer in time`, { details: { timedOut: true } }),
      );
      stream.end();
    };
    const session = new ClientSession(address, options.client, stream, {
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

function dial(address: string, events: GrpcStreamEvents): GrpcStream {
  try {
    return new GrpcStream(address, sessionPath, events);
  } catch (error) {
    throw coreError('CONNECTION_LOST', `no connection to ${JSON.stringify(address)}: it is not host:port`, {
      cause: error,
    });
  }
}
