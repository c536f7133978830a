import { systemClock } from '@patchbay/objects';
import { ObjectClient, type ObjectClientOptions, routeTo } from '@patchbay/session/client';
import { MemoryTransport } from '@patchbay/session/memory';
import { hostSample } from '@patchbay/session/testing';

import { grpcTransport } from '../src/client/grpc-transport.js';
import { type SampleOptions, type SampleServer, startSample } from './sample.js';

/** The sample over one transport. */
export interface Served extends Omit<SampleServer, 'server' | 'address'> {
  connect(options?: Partial<ObjectClientOptions>): ObjectClient;
}

/** Starts the sample on each transport: what holds for one must hold for all. */
export const transports: Readonly<Record<string, (options?: SampleOptions) => Promise<Served>>> = {
  'over a session': async (options = {}) => {
    const { dispatcher, log, notes, contexts, ...server } = await startSample(options);
    return {
      dispatcher,
      log,
      notes,
      contexts,
      connect: (own = {}) =>
        new ObjectClient({
          clock: systemClock,
          transport: grpcTransport,
          router: routeTo(server.address),
          ...own,
        }),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
  'in memory': (options = {}) => {
    const scene = hostSample(options.objects);
    const server = new MemoryTransport(scene.dispatcher, options);
    return Promise.resolve({
      ...scene,
      connect: (own = {}) =>
        new ObjectClient({
          clock: systemClock,
          transport: server,
          router: routeTo('in-memory'),
          ...own,
        }),
      [Symbol.asyncDispose]: () => {
        server[Symbol.dispose]();
        return Promise.resolve();
      },
    });
  },
};
