import { coreError } from '@patchbay/objects';
import { z } from 'zod';

import {
  arg,
  durationSchema,
  enrolledKind,
  grantRole,
  method,
  policyGrant,
  principalNameSchema,
} from '@patchbay/objects/define';

import type { Authority } from '../authority.js';
import { authorityError } from '../errors.js';
import { byAge, pageOf } from '../page.js';
import type { Planned } from '../records.js';
import { tokenLifetimes } from '../tokens.js';
import { loginToken } from '../users.js';
import {
  grantView,
  labelsOption,
  madeToken,
  pageOptions,
  readEntries,
  rightsOptions,
  tokenView,
  ttlOption,
} from './schemas.js';

const tokenArg = arg('id', z.string().min(1).max(64), "the token's id");

type TokenMethods = ReturnType<typeof defineTokenMethods>;

/** Returns the methods by which admins make tokens and take them back. */
export function tokenMethods(authority: Authority): TokenMethods {
  return defineTokenMethods(authority);
}

function defineTokenMethods({ records, tokens, revocations, log }: Authority) {
  return {
    create_token: method({
      summary: 'Make a token by which a host enrols, or a user logs in; shown once',
      access: 'administer',
      args: [
        arg('kind', enrolledKind, 'host or user'),
        arg(
          'name',
          principalNameSchema.optional(),
          'the name that it is for; of a host, by default the one that it says',
        ),
      ],
      options: {
        ...rightsOptions,
        labels: labelsOption,
        ttlMs: ttlOption,
        uses: z.int().min(1).max(1000).optional().describe('how many keys may use it; default 1'),
        approve: z.boolean().optional().describe('whether an admin has to approve who enrols by it'),
      },
      returns: madeToken,
      run: async (kind, name, options, { caller }) => {
        const { ttlMs = tokenLifetimes.defaultMs, uses = 1, approve = false } = options;
        const madeBy = caller.principal;
        const made = await records.change(() => {
          if (kind === 'user') {
            checkUser(name, records.get('user', name ?? '') !== undefined);
            return tokens.plan({ ...loginToken, name, ttlMs, uses, madeBy });
          }
          const { groups = [], names = [], alternativeNames = [] } = options;
          const labels = Object.fromEntries(
            Object.entries(readEntries(options.labels)).flatMap(([key, value = '']) => [[key, value]]),
          );
          const rights = { groups, names, alternativeNames, labels };
          const about = { kind, name, needsApproval: approve, replaces: false, uses };
          return tokens.plan({ ...about, ...rights, ttlMs, madeBy });
        });
        log.info('token made', { tokenId: made.id, kind, name, uses, by: madeBy });
        return made;
      },
    }),
    list_tokens: method({
      summary: 'List the tokens, without their secrets; for a day after their end',
      access: 'administer',
      options: pageOptions,
      returns: tokenView.array(),
      idempotent: true,
      run: (page) =>
        pageOf(records.all('token').sort(byAge), page).map(([id, record]) => {
          const { kind, name, groups, names, needsApproval, replaces, uses, usedBy, untilMs, madeBy } =
            record;
          const hasEnded = tokens.leftMs(id, record) <= 0;
          return {
            ...{ id, kind, groups, names, needsApproval, replaces, uses, madeBy },
            ...(name !== undefined && { name }),
            used: usedBy.length,
            state: hasEnded
              ? ('ended' as const)
              : usedBy.length >= uses
                ? ('used' as const)
                : ('good' as const),
            expiresAt: new Date(untilMs).toISOString(),
          };
        }),
    }),
    revoke_token: method({
      summary: 'Revoke a token: nobody enrols by it any more; report whether it was there',
      access: 'administer',
      args: [tokenArg],
      returns: z.boolean(),
      idempotent: true,
      run: async (id, { caller }) => {
        const isThere = await records.change((): Planned<boolean> => {
          const token = records.get('token', id);
          if (token === undefined) {
            return { changes: [], result: false };
          }
          const revoked = revocations.plan({ revoke: [`token:${id}`], endsAtMs: token.untilMs });
          return { changes: [{ kind: 'token', name: id, value: undefined }, ...revoked], result: true };
        });
        if (isThere) {
          log.info('token revoked', { tokenId: id, by: caller.principal });
        }
        return isThere;
      },
    }),
  };
}

type GrantMethods = ReturnType<typeof defineGrantMethods>;

/** Returns the methods by which admins say who may do what. */
export function grantMethods(authority: Authority): GrantMethods {
  return defineGrantMethods(authority);
}

function defineGrantMethods({ grants, clock }: Authority) {
  return {
    grant: method({
      summary: 'Grant a role on objects, or to a host the right to call on behalf of others',
      access: 'administer',
      args: [
        arg('to', policyGrant.shape.to, 'host:NAME, user:NAME or group:NAME'),
        arg('role', grantRole, 'viewer, operator, admin, or delegate'),
        arg('objects', policyGrant.shape.objects, "a glob of objects' names, such as 'storage*'"),
      ],
      options: {
        methods: policyGrant.shape.methods.optional().describe("a glob of methods' names; default: all"),
        untilMs: durationSchema()
          .min(1)
          .optional()
          .describe('how long it counts from now on; default: until it is revoked'),
      },
      returns: grantView,
      // Not idempotent: of one with a time, each call makes another.
      run: (to, role, objects, { methods = '*', untilMs }, { caller }) => {
        if (role === 'delegate' && to.startsWith('user:')) {
          const message =
            'users cannot call on behalf of others: grant delegate to host:NAME, or to a group of hosts';
          throw coreError('ARGUMENT_INVALID', message, { details: { path: 'to' } });
        }
        const end = untilMs === undefined ? {} : { untilMs: clock.now() + untilMs };
        return grants.add({ to, role, objects, methods, ...end }, caller.principal);
      },
    }),
    list_grants: method({
      summary: 'List who was granted what',
      access: 'administer',
      options: pageOptions,
      returns: grantView.array(),
      idempotent: true,
      run: (page) => grants.list(page),
    }),
    revoke_grant: method({
      summary: 'Take a grant back; running calls that it allowed end',
      access: 'administer',
      args: [arg('id', z.string().min(1).max(64), "the grant's id")],
      returns: grantView,
      run: (id, { caller }) => grants.remove(id, caller.principal),
    }),
  };
}

function checkUser(name: string | undefined, isThere: boolean): void {
  if (!isThere) {
    const message =
      name === undefined
        ? 'a token for a login is for one user: name it'
        : `there is no user ${name}; rpcclient identity.create_user ${name} makes it, and its token`;
    throw authorityError('RECORD_NOT_FOUND', message, { details: { kind: 'user' } });
  }
}
