import { z } from 'zod';

import {
  arg,
  durationSchema,
  fingerprint,
  grantRole,
  principalNameSchema,
  secret,
} from '@patchbay/objects/define';

import type { EntryChanges } from '../entries.js';
import {
  allowedName,
  alternativeName,
  entryName,
  labels,
  maxVariableBytes,
  variables,
} from '../record-schemas.js';
import { maxPage } from '../page.js';
import { tokenLifetimes } from '../tokens.js';

/** Returns the schema of a `KEY=VALUE` of a command line that is an entry of a record's schema. */
function entryText(entries: typeof labels, maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .superRefine((text, context) => {
      const [key, value] = keyAndValue(text);
      const trouble =
        value === undefined
          ? 'must be KEY=VALUE'
          : (issueOf(entryName, key) ?? issueOf(entries.valueType, value));
      if (trouble !== undefined) {
        context.addIssue({ code: 'custom', message: trouble });
      }
    });
}

/** Labels on a command line. */
const labelText = entryText(labels, 320);

/** Variables of a host on a command line. */
export const variableTexts = entryText(variables, 64 + maxVariableBytes)
  .array()
  .min(1)
  .max(128);

/** The options by which a host gets rights. */
export const rightsOptions = {
  groups: principalNameSchema.array().max(64).optional().describe('the groups that the host belongs to'),
  names: allowedName
    .array()
    .max(100)
    .optional()
    .describe("names, and globs of names, that it may register beside its own '*.NAME'"),
  alternativeNames: alternativeName
    .array()
    .max(16)
    .optional()
    .describe('DNS names that stand in its certificate beside its own'),
};

/** The option for labels. */
export const labelsOption = labelText.array().max(64).optional().describe('labels of the host, as KEY=VALUE');

/** How long a token is good for. */
export const ttlOption = durationSchema()
  .min(1000)
  .max(tokenLifetimes.maxMs)
  .optional()
  .describe('how long the token is good for, at most 30d; default 1h');

/** The options of a list: which page of it. */
export const pageOptions = {
  after: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe('only those after this one: the name or id of the last of the page before'),
  limit: z.int().min(1).max(maxPage).default(maxPage).describe('at most this many, 1 to 1000'),
};

/** Reads labels or variables: `KEY=` removes one. */
export function readEntries(texts: readonly string[] = []): EntryChanges {
  const pairs = texts.map(keyAndValue);
  return Object.fromEntries(pairs.map(([key, value]) => [key, value === '' ? undefined : value]));
}

function keyAndValue(text: string): readonly [key: string, value: string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** Returns what is wrong with a text. */
function issueOf(schema: z.ZodString, text: string): string | undefined {
  return schema.safeParse(text).error?.issues[0]?.message;
}

/** The arguments that several methods have. */
export const args = {
  host: arg('host', principalNameSchema, "the host's name"),
  user: arg('user', principalNameSchema, "the user's name"),
  fingerprint: arg('fingerprint', fingerprint, 'the fingerprint that `rpcserver join` printed there'),
} as const;

/** The schema of a `MadeToken`. */
export const madeToken = z.object({
  id: z.string(),
  /** Shown this once. */
  token: secret(z.string()),
  expiresAt: z.string(),
});

/** The schema of a `HostView`. */
export const hostView = z.object({
  name: z.string(),
  state: z.enum(['pending', 'active', 'revoked', 'rejected']),
  groups: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  names: z.array(z.string()),
  fingerprint: z.string(),
  enrolledAt: z.string(),
  expiresAt: z.string().optional(),
  lastSeenAt: z.string().optional(),
  problem: z.string().optional(),
});

/** The schema of a `HostDetails`. */
export const hostDetails = hostView.extend({ variables: z.record(z.string(), z.string()) });

/** The schema of a `UserView`. */
export const userView = z.object({
  name: z.string(),
  state: z.enum(['active', 'disabled']),
  groups: z.array(z.string()),
  keys: z.array(
    z.object({
      name: z.string(),
      fingerprint: z.string(),
      loggedInAt: z.string(),
      expiresAt: z.string().optional(),
    }),
  ),
});

/** The schema of a token in a list: without its secret. */
export const tokenView = z.object({
  id: z.string(),
  kind: z.enum(['host', 'user']),
  name: z.string().optional(),
  groups: z.array(z.string()),
  names: z.array(z.string()),
  needsApproval: z.boolean(),
  replaces: z.boolean(),
  uses: z.int(),
  used: z.int(),
  state: z.enum(['good', 'used', 'ended']),
  expiresAt: z.string(),
  madeBy: z.string(),
});

/** The schema of a `GrantView`. */
export const grantView = z.object({
  id: z.string(),
  to: z.string(),
  role: grantRole,
  objects: z.string(),
  methods: z.string(),
  until: z.string().optional(),
  madeBy: z.string(),
});

/** The schema of an `AuthorityView`. */
export const authorityView = z.object({
  cluster: z.string(),
  nameServer: z.string(),
  /** Of the cluster key that opens the store, and its backups. */
  keyFingerprint: z.string(),
  roots: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['next', 'issuing', 'trusted']),
      pin: z.string(),
      expiresAt: z.string(),
      trustedUntil: z.string().optional(),
    }),
  ),
  /** The hosts that a rotation waits for. */
  unconfirmed: z.array(z.string()),
  /** What servers had seen revoked, and the store did not know. */
  revocationsTaken: z.array(
    z.object({ what: z.string(), revokedAt: z.string(), from: z.string(), takenAt: z.string() }),
  ),
});
