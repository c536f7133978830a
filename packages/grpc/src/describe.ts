import { credentials } from '@grpc/grpc-js';

import { coreError, type ObjectDescription } from '@patchbay/objects';
import { objectDescription } from '@patchbay/objects/define';

import { channelOptions } from './channel-options.js';
import { grpcTypes } from './definitions.js';
import type { DescribeResponse } from './generated/patchbay/v1/DescribeResponse.js';
import { fromGrpcStatus } from './status.js';
import { fromValue } from './value.js';

const timeoutMs = 5_000;

/** Fetches the description of an object from the server at an address. @throws RpcError */
export async function describeAt(address: string, object: string): Promise<ObjectDescription> {
  const server = new grpcTypes.patchbay.v1.ObjectServer(
    address,
    credentials.createInsecure(),
    channelOptions,
  );
  try {
    const response = await new Promise<DescribeResponse>((resolve, reject) => {
      server.Describe({ object }, { deadline: Date.now() + timeoutMs }, (error, answer) => {
        if (error === null && answer !== undefined) {
          resolve(answer);
        } else {
          reject(error === null ? new Error('no answer and no error') : fromGrpcStatus(error));
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
