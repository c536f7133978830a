import { z } from 'zod';

import {
  arg,
  defineObject,
  endpoint,
  lease,
  metadataChanges,
  method,
  nameClaim,
  nameEvent,
  namePage,
  nameRecord,
  nameServerInfo,
  nameServerOptions,
  objectName,
} from '@patchbay/objects/define';

import type { Registry } from './registry.js';

/** The name server as an object. */
export type NameServerObject = ReturnType<typeof define>;

/** Creates the object under which a name server offers its registry. */
export function nameServerObject(registry: Registry): NameServerObject {
  return define(registry);
}

const nameArg = arg('name', objectName, "the object's name");
const leaseArg = arg('lease', lease.shape.leaseId, 'the lease that registering returned');

function define(registry: Registry) {
  return defineObject({
    summary: 'The registry of names: which server answers to which name',
    methods: {
      lookup: method({
        summary: "Return a name's record: its servers, metadata and revision",
        access: 'member',
        args: [nameArg],
        returns: nameRecord,
        idempotent: true,
        run: (name, { caller }) => registry.for(caller).lookup(name),
      }),
      list: method({
        summary: 'List the registered names that all of the options allow, a page at a time',
        access: 'member',
        options: nameServerOptions.list,
        returns: namePage,
        idempotent: true,
        run: (options, { caller, signal }) => registry.for(caller).list(options, signal),
      }),
      register: method({
        summary: 'Register names for a server, all or none, under one new lease',
        access: 'member',
        args: [
          arg('server_id', endpoint.shape.serverId, "the server's lasting identity"),
          arg('address', endpoint.shape.address, 'HOST:PORT, as clients dial the server, or unix:/PATH'),
          arg('claims', nameClaim.array(), 'the names, at most 100, each with its metadata if it has any'),
        ],
        options: nameServerOptions.register,
        returns: lease,
        // The same server takes over from itself, so that a second call ends as one does.
        idempotent: true,
        run: (serverId, address, claims, options, { caller }) =>
          registry.for(caller).register(serverId, address, claims, options),
      }),
      keep_alive: method({
        summary: "Restart a lease's time",
        access: 'member',
        args: [leaseArg],
        returns: lease,
        idempotent: true,
        run: (leaseId, { caller }) => registry.for(caller).keepAlive(leaseId),
      }),
      unregister: method({
        summary: 'End a lease and every name on it',
        access: 'member',
        args: [leaseArg],
        returns: z.null(),
        idempotent: true,
        run: async (leaseId, { caller }) => {
          await registry.for(caller).unregister(leaseId);
          return null;
        },
      }),
      remove: method({
        summary: 'Remove one name, and report whether it was there; for its owner and admins',
        access: 'member',
        args: [nameArg],
        destructive: true,
        returns: z.boolean(),
        // Not idempotent: between two calls another server may take the name.
        run: (name, { caller }) => registry.for(caller).remove(name),
      }),
      set_metadata: method({
        summary: "Set or remove keys of a name's metadata; for its owner and admins",
        access: 'member',
        args: [nameArg, arg('changes', metadataChanges, 'keys with their values; null removes a key')],
        returns: nameRecord,
        idempotent: true,
        run: (name, changes, { caller }) => registry.for(caller).setMetadata(name, changes),
      }),
      watch: method({
        summary: 'Yield names as they are registered, changed and removed, until cancelled',
        access: 'member',
        options: nameServerOptions.watch,
        returns: z.null(),
        yields: nameEvent,
        timeoutMs: 'none',
        run: async function* (options, context) {
          yield* registry.for(context.caller).watch({ ...options, signal: context.signal });
          return null;
        },
      }),
      info: method({
        summary: "Return the name server's version, start and size",
        access: 'member',
        returns: nameServerInfo,
        idempotent: true,
        run: () => registry.info(),
      }),
    },
  });
}
