import type { CallContext, MethodDefinition, Methods, SignaturesOf } from '@patchbay/objects';
import { defineObject } from '@patchbay/objects/define';

import type { Actor, Actors } from '../catalog/actor.js';
import { diskMethods } from './methods/disk-methods.js';
import { eventMethods } from './methods/event-methods.js';
import { imageMethods } from './methods/image-methods.js';
import { nodeMethods } from './methods/node-methods.js';
import { operatorMethods } from './methods/operator-methods.js';
import { orphanMethods } from './methods/orphan-methods.js';
import { provisionManyMethods } from './methods/provision-many.js';
import { scheduleMethods } from './methods/schedule-methods.js';
import { snapshotMethods } from './methods/snapshot-methods.js';
import type { StorageServices } from './storage-services.js';

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the methods' types are inferred from their schemas
export function defineStorage(services: StorageServices, close: () => Promise<void>) {
  return defineObject({
    summary: 'Gives diskless nodes their disks: clones of images, each exported over iSCSI to one node alone',
    close,
    methods: onBehalfOfCallers(services.catalog.actors, {
      ...imageMethods(services),
      ...nodeMethods(services),
      ...provisionManyMethods(services),
      ...diskMethods(services),
      ...orphanMethods(services),
      ...snapshotMethods(services),
      ...scheduleMethods(services),
      ...eventMethods(services),
      ...operatorMethods(services),
    }),
  });
}

/** The storage object's methods, for a client's proxy. */
export type Storage = SignaturesOf<ReturnType<typeof defineStorage>>;

/** Runs methods on behalf of their callers, so that the catalog's events tell who that was. */
function onBehalfOfCallers<M extends Methods>(actors: Actors, methods: M): M {
  const wrapped = Object.entries(methods).map(([name, definition]) => [name, wrap(actors, name, definition)]);
  // Each method has the same type as before.
  return Object.fromEntries(wrapped) as M;
}

function wrap(actors: Actors, method: string, definition: MethodDefinition): MethodDefinition {
  const run = definition.run as (...args: unknown[]) => unknown;
  return {
    ...definition,
    run: (...args: unknown[]) => {
      const { caller, callId, correlationId } = args.at(-1) as CallContext;
      const actor: Actor = { method, peer: caller.peer, callId, correlationId };
      const returned = actors.run(actor, () => run(...args));
      return definition.yields === undefined
        ? returned
        : actors.steps(actor, returned as AsyncGenerator<unknown, unknown, undefined>);
    },
  };
}
