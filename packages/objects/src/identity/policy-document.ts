import { z } from 'zod';

import { secret } from '../object/secrets.js';
import { apiKeyId } from './api-key.js';
import { isNamedPrincipal, principalName, trustDomain } from './spiffe-id.js';

/** The schema of a host or a user: `host:web1`, `user:alice`. */
export const namedPrincipal = z.string().max(80).refine(isNamedPrincipal, {
  error: 'must be host:NAME or user:NAME, the name of a-z, 0-9 and -',
});

/** The schema of a key's fingerprint. */
export const fingerprint = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, { error: 'must be SHA256: and 43 characters of base64' });

/** The schema of the name of a host, a user or a group. */
export const principalNameSchema = z
  .string()
  .regex(principalName, { error: 'must be at most 63 of a-z, 0-9 and -, and not begin with -' });

/** The schema of a `PolicyPrincipal`. */
export const policyPrincipal = z.object({
  principal: namedPrincipal,
  /** A disabled user is `revoked`, too. Who is neither is not listed. */
  state: z.enum(['active', 'revoked']),
  groups: z.array(principalNameSchema),
  /** Of the keys whose certificates count. */
  fingerprints: z.array(fingerprint),
});
/** A host or a user as servers need to know it. */
export type PolicyPrincipal = z.infer<typeof policyPrincipal>;

/** The schema of what a grant allows: a role, or to call on behalf of others. */
export const grantRole = z.enum(['viewer', 'operator', 'admin', 'delegate']);

/** The schema of a `PolicyGrant`. */
export const policyGrant = z.object({
  id: z.string().min(1).max(64),
  to: z.union([
    namedPrincipal,
    z
      .string()
      .regex(/^group:[a-z0-9][a-z0-9-]{0,62}$/, { error: 'must be host:NAME, user:NAME or group:NAME' }),
  ]),
  /** `delegate` allows a host to call on behalf of others. */
  role: grantRole,
  /** A glob of objects' names. */
  objects: z.string().min(1).max(256),
  /** A glob of methods' names. */
  methods: z.string().min(1).max(256),
  /** When it ends, in milliseconds since the Unix epoch; absent for one that does not. */
  untilMs: z.int().optional(),
});
/** A role for a host, a user or a group, on some objects' methods. */
export type PolicyGrant = z.infer<typeof policyGrant>;

/** The schema of a `PolicyRevocation`. */
export const policyRevocation = z.object({
  /**
   * `host:NAME` or `user:NAME`, one of its keys as `user:NAME FINGERPRINT`, or `grant:ID`, `token:ID` or `key:ID`.
   */
  what: z.string().min(1).max(256),
  /** When, in milliseconds since the Unix epoch. */
  atMs: z.int(),
  /** By which the authority knows that it said so itself. */
  proof: z.string().max(64),
});
/** What was revoked: servers keep it, for an authority that comes back with an older policy. */
export type PolicyRevocation = z.infer<typeof policyRevocation>;

/** The schema of a `PolicyKey`. */
export const policyKey = z.object({
  id: z.string().regex(apiKeyId, { error: 'must be 12 hexadecimal digits' }),
  principal: namedPrincipal,
  /** As `deriveKey` returns it for the host that is told, in base64url. */
  key: secret(z.string().regex(/^[\w-]{43}$/, { error: 'must be 32 bytes in base64url' })),
});
/** An API key of a user, as it is on one host. */
export type PolicyKey = z.infer<typeof policyKey>;

/** The schema of a `PolicyDocument`. */
export const policyDocument = z.object({
  /** Grows with each change. */
  revision: z.int(),
  cluster: z.string().regex(trustDomain),
  /** The certificates of the roots that are trusted, in PEM; none where `certificates` is `vouched`: each knows its own. */
  roots: z.array(z.string()),
  /**
   * Which certificates of a principal count: `listed`, those of a key that is listed with it, or `vouched`, all that the
   * roots issued, as of a PKI of one's own. Absent: `listed`.
   */
  certificates: z.enum(['listed', 'vouched']).optional(),
  principals: z.array(policyPrincipal),
  grants: z.array(policyGrant),
  /** Absent where there are none. */
  revocations: z.array(policyRevocation).optional(),
  /** The API keys, as they are on the host that is told; nobody is told those of another. */
  keys: z.array(policyKey).optional(),
});
/** Who may do what in a cluster, as every server needs to know it. Its only secrets are the host's own keys. */
export type PolicyDocument = z.infer<typeof policyDocument>;

/** The schema of a `PolicyChange`. */
export const policyChange = z.object({
  revision: z.int(),
  /** All of them, where they changed. */
  roots: z.array(z.string()).optional(),
  /** Those that are new or changed. */
  principals: z.array(policyPrincipal).optional(),
  /** Those that are new or changed. */
  grants: z.array(policyGrant).optional(),
  /** The principals that are no longer listed. */
  removedPrincipals: z.array(namedPrincipal).optional(),
  /** The ids of grants that ended. */
  removedGrants: z.array(z.string()).optional(),
  revocations: z.array(policyRevocation).optional(),
  /** What of them counts no more, as it was allowed again since. */
  liftedRevocations: z.array(z.string()).optional(),
  /** The API keys that are new. */
  keys: z.array(policyKey).optional(),
  /** The ids of API keys that were removed. */
  removedKeys: z.array(z.string()).optional(),
});
/** What changed since the revision before. */
export type PolicyChange = z.infer<typeof policyChange>;

/** The schema of a `PolicyEvent`. */
export const policyEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('document'), document: policyDocument }),
  z.object({ type: z.literal('change'), change: policyChange }),
  /** A sign of life: nothing changed up to this revision. */
  z.object({ type: z.literal('unchanged'), revision: z.int() }),
]);
/** What `identity.watch_policy` yields: the document first, then each change, and a sign of life every minute. */
export type PolicyEvent = z.infer<typeof policyEvent>;
