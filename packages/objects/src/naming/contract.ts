import { z } from 'zod';

import { type MethodSignature } from '../object/definition.js';
import { durationSchema, objectName } from '../object/schemas.js';

const word = z.string().min(1).max(64);
const wordValue = z.string().max(1024);

/** Words that an operator or a server attaches to a name. */
export const metadata = z.record(word, wordValue);
/** Words that stand beside a name, by their keys. */
export type Metadata = z.infer<typeof metadata>;

/** The same as the registry gives them, which has checked them: of a lookup's time a check is a notable part. */
const registeredMetadata = z.object({}).catchall(z.string());

/** Changes to a name's metadata: a text sets a word, null removes it. */
export const metadataChanges = z.record(word, wordValue.nullable());
/** What to set and what to remove among the words beside a name. */
export type MetadataChanges = z.infer<typeof metadataChanges>;

/** One server that answers to a name. */
export const endpoint = z.object({
  /** `host:port`, as clients dial it. */
  address: z.string().max(262),
  /** The server's own lasting identity: the same after it restarts. */
  serverId: z.string().min(1).max(64),
  leaseId: z.string(),
});
/** One server that answers to a name. */
export type Endpoint = z.infer<typeof endpoint>;

/**
 * What the name server knows of a name. An exclusive name has one endpoint, a shared one an endpoint for each of its
 * servers, each with a lease of its own.
 */
export const nameRecord = z.object({
  name: z.string().brand<'ObjectName'>(),
  endpoints: z.array(endpoint).min(1),
  /** Whether several servers may have the name; absent where one alone has it. */
  shared: z.boolean().optional(),
  /** Of a shared name: what its servers say of it together; of a word that two set, the later one stands. */
  metadata: registeredMetadata,
  /** The registry's revision when this name, or an endpoint that it has, last changed. */
  revision: z.int(),
  registeredAt: z.iso.datetime(),
});
/** What the name server knows of a name. */
export type NameRecord = z.infer<typeof nameRecord>;

/** A lease as its holder sees it. */
export const lease = z.object({
  leaseId: z.string(),
  ttlMs: z.int().positive(),
  revision: z.int(),
  /** Names that were taken from the lease, by another server on purpose or by an operator; absent where none were. */
  lost: z.array(objectName).optional(),
});
/** A lease as its holder sees it. */
export type Lease = z.infer<typeof lease>;

/**
 * What changed in the registry. `removed` carries the last record. Of a shared name each endpoint has events of its
 * own: it came, changed, or went, and the record has that endpoint alone.
 */
export const nameEvent = z.object({
  type: z.enum(['registered', 'changed', 'removed']),
  record: nameRecord,
  revision: z.int(),
});
/** A change of a name, as watchers see it. */
export type NameEvent = z.infer<typeof nameEvent>;

/** One page of names, in the order of their code units. */
export const namePage = z.object({
  names: z.array(nameRecord),
  /** Give this as `after` for the next page; absent on the last one. */
  next: z.string().optional(),
  /** The revision that the page was read at: watch from here. */
  revision: z.int(),
});
/** A page of a list of names. */
export type NamePage = z.infer<typeof namePage>;

/** What a name server says of itself. */
export const nameServerInfo = z.object({
  version: z.string(),
  startedAt: z.iso.datetime(),
  /** How many names are registered; a shared one counts once for each of its servers. */
  names: z.int(),
  leases: z.int(),
  revision: z.int(),
});
/** What a name server tells of itself. */
export type NameServerInfo = z.infer<typeof nameServerInfo>;

/** A name that a server wants, and what it says of it. */
export const nameClaim = z.object({
  name: objectName,
  metadata: metadata.optional(),
  /** Whether other servers may have the name too; all of them must say so. Default: false. */
  shared: z.boolean().optional(),
  /** Whether to take the name from whoever has it. Its owner learns of that when it renews its lease. Default: false. */
  replace: z.boolean().optional(),
});
/** As a server writes it; the name server checks the name. */
export type NameClaim = z.input<typeof nameClaim>;

/** The named options of the name server's methods; the registry holds their bounds. */
export const nameServerOptions = {
  list: {
    prefix: z.string().optional().describe('only names that begin with this'),
    glob: z
      .string()
      .optional()
      .describe('only names like this: * and ? within a part, ** also across "." and "/"'),
    regex: z
      .string()
      .optional()
      .describe('only names that this regular expression (RE2 syntax) matches as a whole'),
    meta: z
      .string()
      .array()
      .optional()
      .describe('only names with all of these words of metadata: KEY=VALUE, or KEY with any value'),
    anyMeta: z
      .string()
      .array()
      .optional()
      .describe('only names with at least one of these words of metadata: KEY=VALUE or KEY'),
    after: z.string().optional().describe('only names after this one: the `next` of the page before'),
    limit: z.int().optional().describe('at most this many names, 1 to 1000; default 100'),
  },
  register: {
    ttlMs: durationSchema().optional().describe('how long the lease lives unless kept alive, 1s to 1h'),
  },
  watch: {
    prefix: z.string().optional().describe('only names that begin with this'),
    fromRevision: z.int().optional().describe('begin with what changed after this revision; default: now'),
  },
};

/** Which names to list, and which page of them. What is left out does not narrow the list. */
export type ListOptions = z.infer<z.ZodObject<typeof nameServerOptions.list>>;

/**
 * The name server's methods, as its callers see them. It lives here because servers and clients both call it
 * and none of them may import the name server.
 */
export interface NameServerMethods {
  /**
   * Gives a name's record; of a bare name that is not registered itself, that of its newest version: of `storage` that
   * of `storage/v2`. @throws RpcError `OBJECT_NOT_FOUND`, where there are versions with `details.versions`
   */
  lookup: MethodSignature<[name: string], NameRecord>;
  /**
   * Gives a page of the names that all of the options allow. @throws RpcError `PATTERN_INVALID`,
   * `LIMIT_OUT_OF_RANGE`
   */
  list: MethodSignature<[] | [options: ListOptions], NamePage>;
  /**
   * Takes all of the names, or none, for one server under one new lease. A server that comes back under the
   * same id takes its names over from its former lease at once. @throws RpcError `NAME_TAKEN`
   */
  register: MethodSignature<
    | [serverId: string, address: string, claims: NameClaim[]]
    | [serverId: string, address: string, claims: NameClaim[], options: { ttlMs?: number | undefined }],
    Lease
  >;
  /** Starts the lease's time anew. @throws RpcError `LEASE_NOT_FOUND` */
  keep_alive: MethodSignature<[leaseId: string], Lease>;
  /** Ends a lease and every name on it; fine when it has already ended. */
  unregister: MethodSignature<[leaseId: string], null>;
  /** Removes one name whoever holds it: for operators. Says whether it was there. */
  remove: MethodSignature<[name: string], boolean>;
  /** Sets (a text) or removes (null) words of a name's metadata. @throws RpcError `OBJECT_NOT_FOUND` */
  set_metadata: MethodSignature<[name: string, changes: MetadataChanges], NameRecord>;
  /**
   * Yields changes as they happen, beginning after `fromRevision` (default: now). @throws RpcError
   * `REVISION_COMPACTED` when that is too long ago: list again and watch from the list's revision.
   */
  watch: MethodSignature<
    [] | [options: { prefix?: string | undefined; fromRevision?: number | undefined }],
    null,
    NameEvent
  >;
  info: MethodSignature<[], NameServerInfo>;
}
