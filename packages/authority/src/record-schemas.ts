import { z } from 'zod';

import { fingerprint, grantRole, namedPrincipal, principalNameSchema } from '@patchbay/objects/define';
import { trustDomain } from '@patchbay/objects/identity';

/** A name, or a glob of names, of objects that a host may register. */
export const allowedName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\w.\-/*?]+$/, { error: 'must be a name or a glob of names' });

/** A name that stands in a host's certificate beside its own. */
export const alternativeName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, {
    error: 'must be the DNS name of a host, in lower case',
  });

/** The name of a label or a variable of a host. */
export const entryName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, { error: 'must be at most 63 of a-z, 0-9, ".", "_" and "-"' });

/** Labels of a host. */
export const labels = z.record(
  entryName,
  z
    .string()
    .max(256)
    .regex(/^\P{Cc}*$/u, { error: 'must not have control characters' }),
);

/** How many bytes the value of a host's variable has at most, in UTF-8. */
export const maxVariableBytes = 1024;

/** Variables of a host. */
export const variables = z.record(
  entryName,
  z
    .string()
    .max(maxVariableBytes)
    .regex(/^[^\0]*$/, { error: 'must not have NUL' })
    .refine((value) => Buffer.byteLength(value) <= maxVariableBytes, { error: 'must have at most 1 KiB' }),
);

const groups = z.array(principalNameSchema).max(64);

const issued = {
  /** Of the last certificate, in hexadecimal. */
  serial: z.string().optional(),
  expiresAtMs: z.int().optional(),
  issuedAtMs: z.int().optional(),
  /** The name of the root that issued it; absent for the first. */
  root: z.string().optional(),
};

/** What tokens and approvals give a host. */
const hostRights = {
  groups,
  labels,
  /** Names and globs of names that it may register, beside its own. */
  names: z.array(allowedName).max(100),
  alternativeNames: z.array(alternativeName).max(16),
};

const schemas = {
  cluster: z.object({
    id: z.string().regex(trustDomain),
    madeAtMs: z.int(),
    /** The fingerprint of the cluster key that opens what is sealed. */
    keyFingerprint: z.string(),
    /** The name of the name server that made it. */
    nameServer: principalNameSchema,
    /** That the store is from a backup, and servers may still know what was revoked since. */
    restoredAtMs: z.int().optional(),
  }),
  root: z.object({
    certificate: z.string(),
    state: z.enum(['next', 'issuing', 'trusted']),
    /** In PKCS #8, sealed; absent once it issues no more. */
    privateKey: z.string().optional(),
    expiresAtMs: z.int(),
    /** Its key, certified by the root before it, in PEM; absent where nothing overlaps. */
    link: z.string().optional(),
    /** When the next one took its place. */
    retiredAtMs: z.int().optional(),
  }),
  host: z.object({
    state: z.enum(['pending', 'active', 'revoked', 'rejected']),
    /** Several where the machine has several servers, each with a key of its own. */
    fingerprints: z.array(fingerprint),
    /** When the last certificate of each key ends, by its fingerprint; absent of keys of earlier versions. */
    keyEndsAtMs: z.record(z.string(), z.int()).optional(),
    sealingKey: z.string().optional(),
    ...hostRights,
    /** The id of the token that it enrolled by; absent where that was by the socket file. */
    token: z.string().optional(),
    enrolledAtMs: z.int(),
    approvedBy: z.string().optional(),
    approvedAtMs: z.int().optional(),
    /** The name of the newest root that the host has said to trust. */
    confirmedRoot: z.string().optional(),
    ...issued,
  }),
  /** What jobs know of a host; apart from its record, which every renewal writes. */
  variables,
  user: z.object({
    state: z.enum(['active', 'disabled']),
    groups,
    keys: z.array(z.object({ name: z.string(), fingerprint, loggedInAtMs: z.int(), ...issued })),
    madeAtMs: z.int(),
    /** When an admin last enabled it again. */
    enabledAtMs: z.int().optional(),
  }),
  token: z.object({
    /** The SHA-256 of the secret, in hexadecimal. */
    secretHash: z.string(),
    kind: z.enum(['host', 'user']),
    /** Absent where whoever enrols says under which name. */
    name: principalNameSchema.optional(),
    ...hostRights,
    needsApproval: z.boolean(),
    /** Whether it takes the place of the key that the host has. */
    replaces: z.boolean(),
    uses: z.int().positive(),
    usedBy: z.array(z.object({ fingerprint, name: z.string() })),
    madeBy: z.string(),
    madeAtMs: z.int(),
    untilMs: z.int(),
  }),
  key: z.object({
    user: principalNameSchema,
    /** Sealed. */
    secret: z.string(),
    state: z.literal('active'),
    madeBy: z.string(),
    madeAtMs: z.int(),
    /** To the hour. */
    lastUsedAtMs: z.int().optional(),
  }),
  grant: z.object({
    to: z.union([namedPrincipal, z.string().regex(/^group:[a-z0-9][a-z0-9-]{0,62}$/)]),
    role: grantRole,
    objects: z.string(),
    methods: z.string(),
    untilMs: z.int().optional(),
    madeBy: z.string(),
    madeAtMs: z.int(),
  }),
  /** What was revoked; the name is as that of a `PolicyRevocation`. */
  revocation: z.object({
    atMs: z.int(),
    /** When what was revoked would have ended by itself. */
    endsAtMs: z.int().optional(),
    /** The host that had seen it, where this store had not, and when it said so. */
    takenFrom: z.string().optional(),
    takenAtMs: z.int().optional(),
  }),
} as const;

/** The kinds of records: the second part of their keys. */
export type RecordKind = keyof typeof schemas;

/** A record of a kind. */
export type RecordOf<K extends RecordKind> = z.infer<(typeof schemas)[K]>;

/** The schema of the records of a kind. */
export function schemaOf<K extends RecordKind>(kind: K): (typeof schemas)[K] {
  return schemas[kind];
}

/** Reports whether a text is a kind of records. */
export function isRecordKind(text: string): text is RecordKind {
  return Object.hasOwn(schemas, text);
}
