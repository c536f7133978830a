import { arg, clusterMember, method, namedPrincipal, principalNameSchema } from '@patchbay/objects/define';

import type { Authority } from '../authority.js';
import { entryName } from '../record-schemas.js';
import {
  args,
  hostDetails,
  hostView,
  labelsOption,
  madeToken,
  pageOptions,
  readEntries,
  rightsOptions,
  ttlOption,
  userView,
  variableTexts,
} from './schemas.js';
import { z } from 'zod';

type HostMethods = ReturnType<typeof defineHostMethods>;

/** Returns the methods by which admins look after hosts. */
export function hostMethods(authority: Authority): HostMethods {
  return defineHostMethods(authority);
}

function defineHostMethods({ hosts, users, variables }: Authority) {
  return {
    list_hosts: method({
      summary: 'List the hosts: state, groups, fingerprint, when the certificate ends, problems',
      access: 'administer',
      options: pageOptions,
      returns: hostView.array(),
      idempotent: true,
      run: (page) => hosts.list(page),
    }),
    add_host: method({
      summary: 'Add a host whose certificate is of a PKI of your own, or take one back that was revoked',
      access: 'administer',
      args: [args.host],
      options: { ...rightsOptions, labels: labelsOption },
      returns: hostView,
      run: (name, { labels, ...rights }, { caller }) =>
        hosts.add(name, { ...rights, labels: readEntries(labels) }, caller.principal),
    }),
    approve: method({
      summary: 'Approve a host that waits, by the fingerprint of its key',
      access: 'administer',
      args: [args.host, args.fingerprint],
      options: rightsOptions,
      returns: hostView,
      idempotent: true,
      run: (name, fingerprint, options, { caller }) =>
        hosts.approve(name, fingerprint, options, caller.principal),
    }),
    reject: method({
      summary: 'Reject a host that waits for approval',
      access: 'administer',
      args: [args.host],
      returns: hostView,
      idempotent: true,
      run: (name, { caller }) => hosts.reject(name, caller.principal),
    }),
    revoke: method({
      summary: 'Revoke a host or disable a user: its sessions end, and its certificates count no more',
      access: 'administer',
      destructive: true,
      args: [arg('principal', namedPrincipal, 'host:NAME or user:NAME')],
      returns: z.union([hostView, userView]),
      idempotent: true,
      run: (principal, { caller }) => {
        const name = principal.slice('host:'.length);
        return principal.startsWith('host:')
          ? hosts.revoke(name, caller.principal)
          : users.setState(name, 'disabled', caller.principal);
      },
    }),
    replace_host: method({
      summary: 'Make a token by which a machine that was installed anew gets its name back; shown once',
      access: 'administer',
      args: [args.host],
      options: { ttlMs: ttlOption },
      returns: madeToken,
      run: (name, { ttlMs }, { caller }) => hosts.replace(name, caller.principal, ttlMs),
    }),
    set_labels: method({
      summary: 'Set labels of a host: KEY=VALUE, or KEY= to remove one',
      access: 'administer',
      args: [args.host, arg('labels', labelsOption.unwrap(), 'the labels, as KEY=VALUE')],
      returns: hostView,
      idempotent: true,
      run: (name, labels) => hosts.setLabels(name, readEntries(labels)),
    }),
    set_variables: method({
      summary: 'Set variables of a host, which give arguments of jobs: KEY=VALUE, or KEY= to remove one',
      access: 'administer',
      args: [args.host, arg('variables', variableTexts, 'the variables, as KEY=VALUE; not for secrets')],
      returns: hostDetails,
      idempotent: true,
      run: (name, texts) => variables.set(name, readEntries(texts)),
    }),
    show_host: method({
      summary: 'Return a host as list_hosts does, and its variables',
      access: 'administer',
      args: [args.host],
      returns: hostDetails,
      idempotent: true,
      run: (name) => variables.show(name),
    }),
    list_members: method({
      summary:
        'List the active hosts with groups, labels and sealing key, as an object that sends them jobs needs',
      access: 'view',
      options: {
        ...pageOptions,
        variables: entryName.array().max(16).optional().describe('the variables to return of each'),
      },
      returns: clusterMember.array(),
      idempotent: true,
      run: ({ variables: names, ...page }) => variables.members(page, names),
    }),
  };
}

const groupOption = principalNameSchema
  .array()
  .max(64)
  .optional()
  .describe('the groups that the user belongs to');

type UserMethods = ReturnType<typeof defineUserMethods>;

/** Returns the methods by which admins look after users. */
export function userMethods(authority: Authority, defaultTtlMs: number): UserMethods {
  return defineUserMethods(authority, defaultTtlMs);
}

function defineUserMethods({ users }: Authority, defaultTtlMs: number) {
  return {
    add_user: method({
      summary: 'Add a user who does not log in here, but has a certificate of a PKI of your own',
      access: 'administer',
      args: [args.user],
      options: { group: groupOption },
      returns: userView,
      run: (name, { group = [] }, { caller }) => users.add(name, group, caller.principal),
    }),
    create_user: method({
      summary: 'Create a user, and make the token of the first login; shown once',
      access: 'administer',
      args: [args.user],
      options: { group: groupOption, ttlMs: ttlOption },
      returns: madeToken,
      run: (name, { group = [], ttlMs = defaultTtlMs }, { caller }) =>
        users.create(name, group, ttlMs, caller.principal),
    }),
    list_users: method({
      summary: 'List the users: state, groups, and the keys of their logins',
      access: 'administer',
      options: pageOptions,
      returns: userView.array(),
      idempotent: true,
      run: (page) => users.list(page),
    }),
    disable_user: method({
      summary: 'Disable a user: its sessions end, and its certificates count no more',
      access: 'administer',
      args: [args.user],
      returns: userView,
      idempotent: true,
      run: (name, { caller }) => users.setState(name, 'disabled', caller.principal),
    }),
    enable_user: method({
      summary: 'Enable a user again',
      access: 'administer',
      args: [args.user],
      returns: userView,
      idempotent: true,
      run: (name, { caller }) => users.setState(name, 'active', caller.principal),
    }),
  };
}
