import { z } from 'zod';

import type { Caller, Endpoint } from '@patchbay/objects';
import {
  accessAnswer,
  arg,
  callerDescription,
  defineObject,
  enrolledKind,
  enrolment,
  enrolOptions,
  identityError,
  identityStatus,
  method,
  namedPrincipal,
  objectName,
  policyEvent,
  principalNameSchema,
  levelOf,
} from '@patchbay/objects/define';

import type { Authority } from '../authority.js';
import { tokenLifetimes } from '../tokens.js';
import { authorityMethods } from './authority-methods.js';
import { hostMethods, userMethods } from './host-methods.js';
import { keyMethods } from './key-methods.js';
import { allowedName } from '../record-schemas.js';
import { grantMethods, tokenMethods } from './token-methods.js';

/** What the name server says of itself. */
export interface IdentityAbout {
  readonly version: string;
  /** The addresses on which it listens, those of other machines first. */
  readonly endpoints: () => readonly Endpoint['address'][];
}

/** The authority as an object. */
export type IdentityObject = ReturnType<typeof define>;

const publicKeyArg = arg('public_key', z.string().max(1024), 'the public key, of P-256 in PEM');
const challengeArg = arg('challenge', z.string().max(128), 'what `status` returned on this connection');
const signatureArg = arg('signature', z.string().max(256), 'ECDSA with SHA-256 in DER, in base64');

/** Creates the object under which a name server offers its authority. */
export function identityObject(authority: Authority, about: IdentityAbout): IdentityObject {
  return define(authority, about);
}

function define(authority: Authority, about: IdentityAbout) {
  const { clock, challenges, enrolments, feed } = authority;
  return defineObject({
    summary: 'Who may call, and what they may do: hosts, users, tokens, grants',
    methods: {
      status: method({
        summary: 'Return what anybody may know: the roots, the time, and a challenge to sign',
        access: 'open',
        returns: identityStatus,
        idempotent: true,
        run: ({ caller }) => {
          const endpoints = [...about.endpoints()];
          return {
            status: 'ok' as const,
            app_name: 'patchbay-nameserver',
            version: about.version,
            server_url: endpoints.find((address) => !address.startsWith('unix:')) ?? '',
            discover: { version: 1 as const, endpoints },
            cluster: authority.cluster,
            roots: authority.roots,
            time: new Date(clock.now()).toISOString(),
            challenge: challenges.make(caller.peer),
          };
        },
      }),
      enrol: method({
        summary: 'Enrol a host or a user by a token, and issue its certificate',
        access: 'open',
        args: [arg('kind', enrolledKind, 'host or user'), publicKeyArg, challengeArg, signatureArg],
        options: {
          ...enrolOptions,
          names: allowedName
            .array()
            .max(100)
            .optional()
            .describe('names that the host may register: counts by the socket file alone'),
        },
        returns: enrolment,
        // The same key may enrol by the same token again.
        idempotent: true,
        run: (kind, publicKey, challenge, signature, options, { caller }) =>
          enrolments.enrol(caller, { kind, publicKey, challenge, signature, ...options }),
      }),
      renew: method({
        summary: 'Issue another certificate for a key that is enrolled',
        access: 'open',
        args: [
          arg('kind', enrolledKind, 'host or user'),
          arg('name', principalNameSchema, 'the name of the host or user'),
          publicKeyArg,
          challengeArg,
          signatureArg,
        ],
        returns: enrolment,
        idempotent: true,
        run: (kind, name, publicKey, challenge, signature, { caller }) =>
          enrolments.renew(caller, { kind, name, publicKey, challenge, signature }),
      }),
      whoami: method({
        summary: 'Return who you are: principal, groups and roles',
        access: 'open',
        returns: callerDescription,
        idempotent: true,
        run: ({ caller: { principal, groups, roles, delegate } }) => ({
          principal,
          groups: [...groups],
          roles: [...roles],
          ...(delegate !== undefined && { delegate }),
        }),
      }),
      can_i: method({
        summary: 'Return which level you reach for a method, or somebody else, and by which grants',
        access: 'member',
        args: [
          arg('object', objectName, "the object's name"),
          arg('method', z.string().min(1).max(128), "the method's name"),
        ],
        options: { as: namedPrincipal.optional().describe('host:NAME or user:NAME; for admins') },
        returns: accessAnswer,
        idempotent: true,
        run: (object, asked, { as }, context) => {
          if (as !== undefined && as !== context.caller.principal) {
            context.requireAccess('administer');
          }
          const caller = as === undefined ? context.caller : callerAs(authority, as);
          const { principal, roles } = caller;
          return {
            principal,
            object,
            method: asked,
            level: levelOf(caller, object, asked),
            by: roles
              .filter((role) => levelOf({ ...caller, roles: [role] }, object, asked) !== 'member')
              .map(({ role, objects, methods }) => `${role} on ${objects}.${methods}`),
          };
        },
      }),
      watch_policy: method({
        summary:
          'Yield who may do what, then each change, until cancelled; for hosts, with their API keys, and admins',
        access: 'member',
        returns: z.null(),
        yields: policyEvent,
        timeoutMs: 'none',
        run: async function* (context) {
          const { principal } = context.caller;
          const host = principal.startsWith('host:') ? principal : undefined;
          if (host === undefined) {
            context.requireAccess('administer');
          }
          yield* feed.watch({
            host,
            signal: context.signal,
            sleep: (ms, options) => clock.sleep(ms, { ...options, background: true }),
          });
          return null;
        },
      }),
      ...tokenMethods(authority),
      ...hostMethods(authority),
      ...userMethods(authority, tokenLifetimes.defaultMs),
      ...keyMethods(authority),
      ...grantMethods(authority),
      ...authorityMethods(authority),
    },
  });
}

/** @throws RpcError `CALLER_UNKNOWN` */
function callerAs({ policy }: Authority, principal: `host:${string}` | `user:${string}`): Caller {
  const caller = policy.callerFor(principal, 'in-memory');
  if (caller === undefined) {
    const message = `there is no ${principal}, or it is revoked; see identity.list_hosts and list_users`;
    throw identityError('CALLER_UNKNOWN', message, { details: { principal } });
  }
  return caller;
}
