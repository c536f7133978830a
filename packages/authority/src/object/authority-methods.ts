import { z } from 'zod';

import { arg, method, policyRevocation, principalNameSchema } from '@patchbay/objects/define';

import type { Authority } from '../authority.js';
import { authorityView } from './schemas.js';

/** How many characters of a backup are sent at once. */
const chunkLength = 65_536;

/** How many revocations a server hands over at once. */
const maxReported = 100;

type AuthorityMethods = ReturnType<typeof defineAuthorityMethods>;

/** Returns the methods of the authority itself: its roots, what servers tell it, and its backup. */
export function authorityMethods(authority: Authority): AuthorityMethods {
  return defineAuthorityMethods(authority);
}

function defineAuthorityMethods(authority: Authority) {
  const { rotation, revocations } = authority;
  return {
    show_authority: method({
      summary: 'Show the roots, how far a rotation is, and revocations that a restored store did not know',
      access: 'administer',
      returns: authorityView,
      idempotent: true,
      run: () => authority.view,
    }),
    rotate_authority: method({
      summary: 'Replace the root that signs certificates: hosts and users renew by themselves',
      access: 'administer',
      options: {
        force: z
          .boolean()
          .optional()
          .describe('do not wait until all hosts have said that they trust the next root'),
        compromised: z
          .boolean()
          .optional()
          .describe('trust the former root no more at once: all hosts and users have to join anew'),
      },
      returns: authorityView,
      idempotent: true,
      run: async ({ force = false, compromised = false }, { caller }) => {
        await (compromised
          ? rotation.replaceCompromised(caller.principal)
          : rotation.start(caller.principal, force));
        return authority.view;
      },
    }),
    confirm_roots: method({
      summary: 'Say which roots a host trusts; for that host',
      access: 'member',
      args: [
        arg('host', principalNameSchema, "the host's name"),
        arg('pins', z.string().max(64).array().max(16), 'the SHA-256 of their public keys, in base64url'),
      ],
      returns: z.null(),
      idempotent: true,
      run: async (host, pins, context) => {
        if (context.caller.principal !== `host:${host}`) {
          context.requireAccess('administer');
        }
        await rotation.confirm(host, pins);
        return null;
      },
    }),
    report_revocations: method({
      summary: 'Hand over revocations that the policy lacks, as that of a restored store; for hosts',
      access: 'member',
      args: [arg('revocations', policyRevocation.array().max(maxReported), 'as the policy had them')],
      returns: z.string().array(),
      idempotent: true,
      run: (seen, context) => {
        if (!context.caller.principal.startsWith('host:')) {
          context.requireAccess('administer');
        }
        return revocations.takeOver(seen, context.caller.principal);
      },
    }),
    backup: method({
      summary: "Yield a backup of the name server's store, as text; nameserver backup writes it to a file",
      access: 'administer',
      returns: z.null(),
      yields: z.string(),
      run: async function* () {
        const text = await authority.backup();
        for (let at = 0; at < text.length; at += chunkLength) {
          yield text.slice(at, at + chunkLength);
        }
        return null;
      },
    }),
  };
}
