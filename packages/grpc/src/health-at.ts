import { Client, credentials, status } from '@grpc/grpc-js';

import { MessageReader } from '@patchbay/session';

import { channelOptions } from './channel-options.js';
import type { ChannelTrust } from './describe.js';
import { fromGrpcStatus } from './status.js';

/** How a server answers a health probe; `unknown` where it has no such service. */
export type Health = 'serving' | 'not serving' | 'unknown';

/** How services of a server are asked for. */
interface HealthOptions {
  /** Default: no TLS. */
  readonly trust?: ChannelTrust | undefined;
  /** How long all answers may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Asks a server for the health of some of its services. @throws RpcError when it does not answer */
export async function healthAt<const S extends string>(
  address: string,
  services: readonly S[],
  { trust, timeoutMs }: HealthOptions,
): Promise<Readonly<Record<S, Health>>> {
  const client = new Client(
    address,
    trust === undefined
      ? credentials.createInsecure()
      : credentials.createFromSecureContext(trust.context, { checkServerIdentity: trust.check }),
    channelOptions,
  );
  const deadline = Date.now() + timeoutMs;
  try {
    const answers = services.map(async (service) => [service, await check(client, service, deadline)]);
    return Object.fromEntries(await Promise.all(answers)) as Record<S, Health>;
  } catch (error) {
    throw trust?.refused() ?? error;
  } finally {
    client.close();
  }
}

function check(client: Client, service: string, deadline: number): Promise<Health> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      encodeRequest,
      decodeStatus,
      service,
      { deadline },
      (error, answer) => {
        if (error?.code === status.NOT_FOUND) {
          resolve('unknown');
        } else if (error === null && answer !== undefined) {
          resolve(answer);
        } else {
          reject(error === null ? new Error('no answer and no error') : fromGrpcStatus(error));
        }
      },
    );
  });
}

/** Encodes a `HealthCheckRequest`, whose first field is the service. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
}

/** Decodes a `HealthCheckResponse`, whose first field is the status. */
function decodeStatus(message: Buffer): Health {
  const reader = new MessageReader(message);
  let found = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) found = reader.uint();
    else reader.skip();
  }
  return found === 1 ? 'serving' : found === 2 ? 'not serving' : 'unknown';
}
