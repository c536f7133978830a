import { z } from 'zod';

import { arg, method, principalNameSchema, secret } from '@patchbay/objects/define';

import type { Authority } from '../authority.js';
import { args, userView } from './schemas.js';

const apiKeyView = z.object({
  id: z.string(),
  user: z.string(),
  madeBy: z.string(),
  madeAt: z.string(),
  /** To the hour, and as the name server saw it: its last session there. */
  lastUsedAt: z.string().optional(),
});

const madeApiKey = z.object({
  id: z.string(),
  /** Shown this once. */
  key: secret(z.string()),
});

type KeyMethods = ReturnType<typeof defineKeyMethods>;

/** Returns the methods for the keys of users: of their logins, and their API keys. */
export function keyMethods(authority: Authority): KeyMethods {
  return defineKeyMethods(authority);
}

function defineKeyMethods({ apiKeys, users }: Authority) {
  return {
    create_key: method({
      summary: 'Make an API key, by which programs without a certificate call as a user; shown once',
      access: 'administer',
      args: [args.user],
      returns: madeApiKey,
      run: (user, { caller }) => apiKeys.create(user, caller.principal),
    }),
    list_keys: method({
      summary: 'List the API keys, without their secrets; for the user itself and admins',
      access: 'member',
      args: [arg('user', principalNameSchema.optional(), "the user's name; default: all users")],
      returns: apiKeyView.array(),
      idempotent: true,
      run: (user, context) => {
        if (user === undefined || context.caller.principal !== `user:${user}`) {
          context.requireAccess('administer');
        }
        return apiKeys.list(user);
      },
    }),
    remove_key: method({
      summary:
        'Remove a key of a user, as of a laptop that was lost, or an API key; for the user itself and admins',
      access: 'member',
      destructive: true,
      args: [
        args.user,
        arg('key', z.string().min(1).max(64), "the key's name or fingerprint, or the id of an API key"),
      ],
      returns: userView,
      run: async (name, key, context) => {
        const { principal } = context.caller;
        if (principal !== `user:${name}`) {
          context.requireAccess('administer');
        }
        return (await apiKeys.remove(name, key, principal))
          ? users.find(name)
          : users.removeKey(name, key, principal);
      },
    }),
  };
}
