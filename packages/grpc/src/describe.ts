import { credentials, type VerifyOptions } from '@grpc/grpc-js';
import type { SecureContext } from 'node:tls';

import { coreError, type ObjectDescription, type RpcError } from '@patchbay/objects';
import { objectDescription } from '@patchbay/objects/define';

import { channelOptions } from './channel-options.js';
import { grpcTypes } from './definitions.js';
import type { DescribeResponse } from './generated/patchbay/v1/DescribeResponse.js';
import { fromGrpcStatus } from './status.js';
import { fromValue } from './value.js';

const timeoutMs = 5_000;

/** What checks a server over TLS. */
export interface ChannelTrust {
  readonly context: SecureContext;
  readonly check: NonNullable<VerifyOptions['checkServerIdentity']>;
  /** Why the server was refused, or could not be checked; undefined if it was not. */
  readonly refused: () => RpcError | undefined;
}

/** Fetches the description of an object from the server at an address, as clients by gRPC do. @param trust default: no TLS @throws RpcError */
export async function describeAt(
  address: string,
  object: string,
  trust?: ChannelTrust,
): Promise<ObjectDescription> {
  const server = new grpcTypes.patchbay.v1.ObjectServer(
    address,
    trust === undefined
      ? credentials.createInsecure()
      : credentials.createFromSecureContext(trust.context, { checkServerIdentity: trust.check }),
    channelOptions,
  );
  try {
    const response = await new Promise<DescribeResponse>((resolve, reject) => {
      server.Describe({ object }, { deadline: Date.now() + timeoutMs }, (error, answer) => {
        if (error === null && answer !== undefined) {
          resolve(answer);
        } else {
          const failure = error === null ? new Error('no answer and no error') : fromGrpcStatus(error);
          reject(trust?.refused() ?? failure);
        }
      });
    });
    const parsed = objectDescription.safeParse(
      fromValue({ kind: 'structValue', structValue: response.objects[0] ?? {} }, 'the description'),
    );
    if (!parsed.success) {
      const message = `${address} describes "${object}" in a way that this version cannot read`;
      throw coreError('MESSAGE_MALFORMED', message);
    }
    return parsed.data;
  } finally {
    server.close();
  }
}
