import { Client, credentials, type ServiceError } from '@grpc/grpc-js';

import { coreError } from '../../errors/core-errors.js';
import { ClientSession, type LostCallHandler } from './client-session.js';

/** How grpc-js is set, on both sides; docs/adr/0005-grpc-js-settings.md says what was measured. */
export const channelOptions = {
  'grpc.enable_channelz': 0,
  'grpc.enable_retries': 0,
  'grpc.enable_http_proxy': 0,
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 500,
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
} as const;

const sessionPath = '/patchbay.v1.ObjectServer/Session';
const sameBytes = (message: Buffer): Buffer => message;

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
  const client = new Client(address, credentials.createInsecure(), channelOptions);
  const stream = client.makeBidiStreamRequest(sessionPath, sameBytes, sameBytes);
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      session.lose(coreError('CONNECTION_LOST', `${address} did not answer in time`));
      stream.cancel();
    };
    const session = new ClientSession(
      address,
      options.client,
      {
        write: (message) => {
          stream.write(message);
        },
        end: () => {
          stream.end();
          stream.cancel();
        },
      },
      {
        onOpen: () => {
          signal.removeEventListener('abort', giveUp);
          resolve(session);
        },
        onEnd: (error) => {
          signal.removeEventListener('abort', giveUp);
          client.close();
          reject(error);
        },
        onLostCall: options.onLostCall,
      },
    );
    signal.addEventListener('abort', giveUp, { once: true });
    stream.on('data', (message: Buffer) => {
      session.receive(message);
    });
    stream.on('error', (error: ServiceError) => {
      session.lose(
        coreError('CONNECTION_LOST', `the connection to ${address} is lost: ${error.details}`, {
          cause: error,
        }),
      );
    });
    stream.on('end', () => {
      session.lose(coreError('CONNECTION_LOST', `${address} ended the session`));
    });
  });
}
