import {
  type ChannelOptions,
  type Client,
  credentials,
  loadPackageDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of this repository's .proto files. */
export const protoDirectory = join(dirname(fileURLToPath(import.meta.url)), '../../../../../proto');
const options = { keepCase: true, longs: String, defaults: true, oneofs: true };

/** Makes a client of a service from its .proto file alone, as somebody who does not know this code would. */
export function dial<C extends Client>(
  address: string,
  file: string,
  service: string,
  channelOptions: ChannelOptions = {},
  channelCredentials = credentials.createInsecure(),
): C {
  const loaded = loadPackageDefinition(loadSync(file, { ...options, includeDirs: [protoDirectory] }));
  let found: unknown = loaded;
  for (const part of service.split('.')) {
    found = (found as Record<string, unknown>)[part];
  }
  const Service = found as new (...args: unknown[]) => C;
  return new Service(address, channelCredentials, channelOptions);
}

/** Reads a stream of responses to its end. */
export async function readAll(
  stream: AsyncIterable<unknown>,
): Promise<{ answers: unknown[]; error?: ServiceError }> {
  const answers: unknown[] = [];
  try {
    for await (const answer of stream) {
      answers.push(answer);
    }
  } catch (error) {
    return { answers, error: error as ServiceError };
  }
  return { answers };
}
