import { type Clock, coreError, type ObjectDefinition, type RpcError } from '@patchbay/objects';
import { type HostedSample, hostSample } from '@patchbay/session/testing';

import { ObjectServer, type ObjectServerOptions } from '../src/server/index.js';

/** A server of the sample, and what the sample did. */
export interface SampleServer extends HostedSample, AsyncDisposable {
  readonly address: string;
  readonly server: ObjectServer;
}

/** Options of a sample server. */
export type SampleOptions = Partial<ObjectServerOptions> & {
  readonly objects?: Readonly<Record<string, ObjectDefinition>>;
  readonly clock?: Clock;
};

/** Serves the sample on a free port, or on `listen`. */
export async function startSample(options: SampleOptions = {}): Promise<SampleServer> {
  const scene = hostSample(options.objects, options.clock);
  const server = await ObjectServer.start({
    listen: '127.0.0.1:0',
    ...options,
    dispatcher: scene.dispatcher,
  });
  return {
    address: server.address,
    server,
    ...scene,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Makes the error of calls that a server cancels when it stops. */
export function stopping(): RpcError {
  return coreError('SERVER_DRAINING', 'the server stops');
}
