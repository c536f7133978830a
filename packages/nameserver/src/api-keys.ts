import type { Authority } from '@patchbay/authority';
import type { ApiKeyOptions } from '@patchbay/grpc/server';
import type { Log } from '@patchbay/objects';

/** Returns what lets callers of the name server prove who they are by API keys. */
export function keysOf(authority: Authority, log: Log): ApiKeyOptions {
  const { cluster, nameServer: name } = authority;
  return {
    server: { cluster, kind: 'nameserver', name, serverId: 'nameserver' },
    find: (id, peer) => authority.policy.keys.find(id, peer),
    onUse: (id) => {
      authority.apiKeys.noteUse(id).catch((error: unknown) => {
        log.warn('cannot note the use of an API key', { keyId: id, error });
      });
    },
  };
}
