import { z } from 'zod';

import type { MethodSignature } from '../object/definition.js';
import { secret } from '../object/secrets.js';
import {
  fingerprint,
  grantRole,
  type PolicyEvent,
  type PolicyRevocation,
  principalNameSchema,
} from './policy-document.js';

/** The schema of an `IdentityStatus`. */
export const identityStatus = z.object({
  status: z.literal('ok'),
  app_name: z.string(),
  version: z.string(),
  /** To which clients of other machines connect, as `host:port`; empty where there is no such address. */
  server_url: z.string(),
  /** How this name server is reached. */
  discover: z.object({ version: z.literal(1), endpoints: z.array(z.string()) }),
  cluster: z.string(),
  /** The certificates of the roots that are trusted, in PEM: to be compared with the pin of a token. */
  roots: z.array(z.string()),
  /** The name server's time, RFC 3339. */
  time: z.string(),
  /** What `enrol` and `renew` sign; good for 60 s, on the connection that it was returned on. */
  challenge: z.string(),
});
/** What a name server tells anybody of itself. */
export type IdentityStatus = z.infer<typeof identityStatus>;

/** The schema of what enrols. */
export const enrolledKind = z.enum(['host', 'user']);

/** The schema of an `Enrolment`. */
export const enrolment = z.object({
  state: z.enum(['active', 'pending']),
  kind: enrolledKind,
  name: principalNameSchema,
  cluster: z.string(),
  /** Of the public key: what an admin compares before approving. */
  fingerprint,
  groups: z.array(z.string()),
  /** The certificates of the roots that are trusted, in PEM. */
  roots: z.array(z.string()),
  /** In PEM; absent while an admin has to approve. */
  certificate: z.string().optional(),
  /** How long the certificate is valid from now on, in milliseconds: to be counted by a clock that does not jump. */
  remainingMs: z.int().optional(),
  /** How long it is valid altogether, in milliseconds: what renewals are timed by. */
  lifetimeMs: z.int().optional(),
});
/** What an enrolment or a renewal leads to. */
export type Enrolment = z.infer<typeof enrolment>;

/** The options of `identity.enrol`. */
export const enrolOptions = {
  name: principalNameSchema
    .optional()
    .describe('the name to enrol as; default: the one that the token is for'),
  token: secret(z.string().max(128)).optional().describe('the token as text; not needed by the socket file'),
  sealingKey: z
    .string()
    .max(1024)
    .optional()
    .describe('the X25519 public key to which secrets are sealed, in PEM'),
};

/** The schema of a `CallerDescription`. */
export const callerDescription = z.object({
  principal: z.string(),
  groups: z.array(z.string()),
  roles: z.array(z.object({ role: grantRole, objects: z.string(), methods: z.string() })),
  delegate: z.string().optional(),
});
/** Who calls, as `identity.whoami` returns it. */
export type CallerDescription = z.infer<typeof callerDescription>;

/** The schema of an `AccessAnswer`. */
export const accessAnswer = z.object({
  principal: z.string(),
  object: z.string(),
  method: z.string(),
  /** The level that it reaches there. */
  level: z.enum(['open', 'member', 'view', 'operate', 'administer']),
  /** The grants that allow it, each as `viewer on storage*.* (group:ops, until ...)`. */
  by: z.array(z.string()),
});
/** What `identity.can_i` answers: whether a level suffices, the object's description of the method says. */
export type AccessAnswer = z.infer<typeof accessAnswer>;

/** The schema of a `ClusterMember`. */
export const clusterMember = z.object({
  name: z.string(),
  groups: z.array(z.string()),
  labels: z.record(z.string(), z.string()),
  /** Those that were asked for and are set. */
  variables: z.record(z.string(), z.string()),
  /** The public key to which secrets are sealed for it, in PEM. */
  sealingKey: z.string().optional(),
});
/** An active host, as those see it who send jobs to it. */
export type ClusterMember = z.infer<typeof clusterMember>;

/** The methods of `identity` that programs of ours call; declared here, as neither side may import the other. */
export interface IdentityMethods {
  status: MethodSignature<[], IdentityStatus>;
  /**
   * Enrols a host or a user by a token, or over the socket file by a name, and issues its first certificate. The same
   * key may ask again with the same token until that ends. `enrolmentMessage` says what is signed.
   *
   * @throws RpcError `TOKEN_INVALID`, `TOKEN_EXPIRED`, `TOKEN_USED`, `ENROLMENT_UNNAMED` where neither token nor caller
   *   names it, `HOST_EXISTS`, `HOST_REVOKED`, `PROOF_INVALID`, `PUBLIC_KEY_INVALID`, `ENROLMENTS_EXHAUSTED`
   */
  enrol: MethodSignature<
    [
      kind: 'host' | 'user',
      publicKey: string,
      challenge: string,
      signature: string,
      options: z.infer<z.ZodObject<typeof enrolOptions>>,
    ],
    Enrolment
  >;
  /**
   * Issues another certificate for a key that is enrolled; `renewalMessage` says what is signed.
   *
   * @throws RpcError `HOST_PENDING` while an admin has to approve, `HOST_REVOKED`, `CALLER_UNKNOWN`, `PROOF_INVALID`,
   *   `CERTIFICATE_REVOKED` where the key is not one of the record's, `LOGIN_REQUIRED` where a user's time is over
   */
  renew: MethodSignature<
    [kind: 'host' | 'user', name: string, publicKey: string, challenge: string, signature: string],
    Enrolment
  >;
  whoami: MethodSignature<[], CallerDescription>;
  can_i: MethodSignature<[object: string, method: string, options?: { as?: string }], AccessAnswer>;
  /** Yields the policy as a whole, then each change, until cancelled; for hosts. */
  watch_policy: MethodSignature<[], null, PolicyEvent>;
  /** Confirms which roots a host trusts, given as their pins; for that host. */
  confirm_roots: MethodSignature<[host: string, pins: string[]], null>;
  /** Hands over at most 100 revocations that the policy lacks, and returns which of them count no more; for hosts. */
  report_revocations: MethodSignature<[revocations: PolicyRevocation[]], string[]>;
  /** Lists active hosts by name, at most 1,000, with at most 16 variables of each; for viewers. */
  list_members: MethodSignature<
    [options?: { after?: string; limit?: number; variables?: readonly string[] }],
    ClusterMember[]
  >;
  /** Sets variables of a host: `KEY=VALUE`, or `KEY=` to remove one; for admins. */
  set_variables: MethodSignature<[host: string, variables: readonly string[]], unknown>;
}
