import { z } from 'zod';

import type { MethodSignature } from '../object/definition.js';
import { durationSchema, objectName } from '../object/schemas.js';

const metadataKey = z.string().min(1).max(64);
const metadataValue = z.string().max(1024);

/** The schema of the metadata that an operator or a server attaches to a name. */
export const metadata = z.record(metadataKey, metadataValue);
/** The metadata of a name, by key. */
export type Metadata = z.infer<typeof metadata>;

/** Metadata from the registry, which checked it: checking again is a notable part of a lookup's time. */
const registeredMetadata = z.object({}).catchall(z.string());

/** The schema of changes to a name's metadata: a string sets a key, null removes it. */
export const metadataChanges = z.record(metadataKey, metadataValue.nullable());
/** Changes to a name's metadata: a string sets a key, null removes it. */
export type MetadataChanges = z.infer<typeof metadataChanges>;

/** The schema of an `Endpoint`. */
export const endpoint = z.object({
  /** To which clients connect: `host:port`, or `unix:/path` where the server has nothing else. */
  address: z.string().max(262),
  /** Identifies the server; the same after a restart. */
  serverId: z.string().min(1).max(64),
  /**
   * The principal that registered it, such as `host:web1`, as the name server knows it; absent from name servers of
   * earlier versions. Two principals' servers with the same id are two servers.
   */
  host: z.string().optional(),
  /** Absent unless the lease is the caller's. */
  leaseId: z.string().optional(),
  /** The socket file for clients on the server's machine, as `unix:/path`, if it has one besides its address. */
  socket: z.string().max(112).optional(),
  /** Identifies the machine of the server's socket files, as `machineId` does. */
  machine: z.string().max(64).optional(),
  /** Whether it was registered for its host by the name server's own socket file; absent where not. */
  local: z.boolean().optional(),
});
/** A server under a name. */
export type Endpoint = z.infer<typeof endpoint>;

/** The schema of a `NameRecord`. An exclusive name has one endpoint, a shared one has one for each server. */
export const nameRecord = z.object({
  name: z.string().brand<'ObjectName'>(),
  endpoints: z.array(endpoint).min(1),
  /** Whether several servers may have the name; absent for an exclusive one. */
  shared: z.boolean().optional(),
  /** Of a shared name: the metadata of all its servers; of a key that two of them set, the later value. */
  metadata: registeredMetadata,
  /** The registry's revision at the last change of this name or of one of its endpoints. */
  revision: z.int(),
  registeredAt: z.iso.datetime(),
});
/** A registered name. */
export type NameRecord = z.infer<typeof nameRecord>;

/** The schema of a `Lease`. */
export const lease = z.object({
  leaseId: z.string(),
  ttlMs: z.int().positive(),
  revision: z.int(),
  /** Names that another server or an operator deliberately took from the lease; absent if there are none. */
  lost: z.array(objectName).optional(),
});
/** A lease as its holder sees it. */
export type Lease = z.infer<typeof lease>;

/**
 * The schema of a `NameEvent`. `removed` carries the last record. Each endpoint of a shared name has events of its own,
 * whose record contains that endpoint alone.
 */
export const nameEvent = z.object({
  type: z.enum(['registered', 'changed', 'removed']),
  record: nameRecord,
  revision: z.int(),
});
/** A change in the registry, as watchers see it. */
export type NameEvent = z.infer<typeof nameEvent>;

/** The schema of a `NamePage`; names are sorted by code units. */
export const namePage = z.object({
  names: z.array(nameRecord),
  /** Pass this as `after` for the next page; absent on the last page. */
  next: z.string().optional(),
  /** The revision that the page was read at; a watch can start from it. */
  revision: z.int(),
});
/** A page of a list of names. */
export type NamePage = z.infer<typeof namePage>;

/** The schema of a `NameServerInfo`. */
export const nameServerInfo = z.object({
  version: z.string(),
  startedAt: z.iso.datetime(),
  /** The number of registered names; a shared one counts once per server. */
  names: z.int(),
  leases: z.int(),
  revision: z.int(),
  /** Why names can be looked up but not registered, as where the disk is full; absent where they can. */
  problem: z.string().optional(),
});
/** A name server's description of itself. */
export type NameServerInfo = z.infer<typeof nameServerInfo>;

/** The schema of a `NameClaim`. */
export const nameClaim = z.object({
  name: objectName,
  metadata: metadata.optional(),
  /** Whether other servers may have the name too; all of them must agree. Default: false. */
  shared: z.boolean().optional(),
  /**
   * Whether to take the name from its owner, which learns of it when it renews its lease: from another server of the
   * caller's, or as an admin. Default: false.
   */
  replace: z.boolean().optional(),
});
/** A name that a server claims, with its metadata; the name server validates it. */
export type NameClaim = z.input<typeof nameClaim>;

/** The options of the name server's methods; the registry enforces their bounds. */
export const nameServerOptions = {
  list: {
    prefix: z.string().optional().describe('only names with this prefix'),
    glob: z
      .string()
      .optional()
      .describe('only names that match this glob: * and ? do not match "/", ** does'),
    regex: z
      .string()
      .optional()
      .describe('only names that match this regular expression (RE2 syntax) as a whole'),
    meta: z
      .string()
      .array()
      .optional()
      .describe('only names with all of this metadata: KEY=VALUE, or KEY with any value'),
    anyMeta: z
      .string()
      .array()
      .optional()
      .describe('only names with at least one item of this metadata: KEY=VALUE or KEY'),
    after: z.string().optional().describe('only names after this one: `next` of the previous page'),
    limit: z.int().optional().describe('at most this many names, 1 to 1000; default 100'),
  },
  register: {
    ttlMs: durationSchema().optional().describe("the lease's time to live, 1s to 1h"),
    socket: endpoint.shape.socket.describe("a socket file for clients on the server's machine, unix:/PATH"),
    machine: endpoint.shape.machine.describe('identifies the machine of socket files'),
  },
  watch: {
    prefix: z.string().optional().describe('only names with this prefix'),
    fromRevision: z.int().optional().describe('start with the changes after this revision; default: now'),
  },
};

/** The time of a lease, in milliseconds, and how clients on the server's machine reach it. */
export type RegisterOptions = z.infer<z.ZodObject<typeof nameServerOptions.register>>;

/** Which names to list, and which page. Absent options do not restrict the list. */
export type ListOptions = z.infer<z.ZodObject<typeof nameServerOptions.list>>;

/** The name server's methods, declared here as servers and clients call it, and neither may import it. */
export interface NameServerMethods {
  /**
   * Returns a name's record; for a bare name that is not registered itself, that of its newest version: for `storage`
   * that of `storage/v2`. @throws RpcError `OBJECT_NOT_FOUND`, with `details.versions` if there are any
   */
  lookup: MethodSignature<[name: string], NameRecord>;
  /** Returns a page of the names that match all options. @throws RpcError `PATTERN_INVALID`, `LIMIT_OUT_OF_RANGE` */
  list: MethodSignature<[] | [options: ListOptions], NamePage>;
  /**
   * Registers all of the names, or none, for one server of the caller's under one new lease. A server that returns with
   * the same id takes its names over from its former lease at once. @throws RpcError `NAME_TAKEN`
   */
  register: MethodSignature<
    | [serverId: string, address: string, claims: NameClaim[]]
    | [serverId: string, address: string, claims: NameClaim[], options: RegisterOptions],
    Lease
  >;
  /**
   * Renews a lease of the caller's. @throws RpcError `LEASE_NOT_FOUND` where it has ended, `LEASE_NOT_OWNED` where it was
   * granted to another principal; register again after either
   */
  keep_alive: MethodSignature<[leaseId: string], Lease>;
  /** Ends a lease of the caller's and removes its names. Has no effect if it has ended. @throws RpcError `LEASE_NOT_OWNED` */
  unregister: MethodSignature<[leaseId: string], null>;
  /** Removes a name of the caller's; an admin, any name. Reports whether it existed. @throws RpcError `CALLER_REFUSED` */
  remove: MethodSignature<[name: string], boolean>;
  /**
   * Sets (a string) or removes (null) keys of the metadata of a name of the caller's; an admin, of any name.
   * @throws RpcError `OBJECT_NOT_FOUND`, `CALLER_REFUSED`
   */
  set_metadata: MethodSignature<[name: string, changes: MetadataChanges], NameRecord>;
  /**
   * Yields changes as they happen, starting after `fromRevision` (default: now). @throws RpcError `REVISION_COMPACTED`
   * when that is too long ago: list again and watch from the list's revision
   */
  watch: MethodSignature<
    [] | [options: { prefix?: string | undefined; fromRevision?: number | undefined }],
    null,
    NameEvent
  >;
  info: MethodSignature<[], NameServerInfo>;
}
