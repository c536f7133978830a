import { type CallContext, type MethodDefinition, type Methods } from '@patchbay/objects';

import { type Actor, type Actors } from '../catalog/actor.js';

/** Lets methods do what they do on behalf of who calls them, so that the catalog's events tell who that was. */
export function onBehalfOfCallers<M extends Methods>(actors: Actors, methods: M): M {
  const wrapped = Object.entries(methods).map(([name, definition]) => [name, wrap(actors, name, definition)]);
  // Each method is what it was, but for who it is done for.
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
