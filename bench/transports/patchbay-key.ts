import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { apiKeyTransport } from '@patchbay/grpc/client';
import { CurrentIdentity } from '@patchbay/grpc/secure';
import { TestAuthority } from '@patchbay/grpc/testing';
import { type Caller, readApiKeyFile } from '@patchbay/objects';
import { deriveKey, formatApiKey, makeApiKey } from '@patchbay/objects/identity';
import { connectOver } from '@patchbay/session/client';

import type { Transport } from '../transport.js';
import { echoOf, serveEcho } from './patchbay.js';

const roles: Caller['roles'] = [{ role: 'admin', objects: '**', methods: '*' }];

/** The transport `patchbay` over TLS, with an API key in place of the client's certificate; a file has it, with the port in its name. */
export const patchbayByKey: Transport = {
  serve: async () => {
    using authority = new TestAuthority();
    const { cluster } = authority;
    const apiKey = makeApiKey();
    const key = deriveKey(apiKey.secret, cluster, 'host:h1');
    const port = await serveEcho(undefined, undefined, undefined, '127.0.0.1:0', {
      identity: new CurrentIdentity(authority.identity('host/h1')),
      keys: {
        server: { cluster, kind: 'host', name: 'h1', serverId: 'bench' },
        find: (id, peer) =>
          id === apiKey.id
            ? { key, caller: { peer, principal: 'user:alice', groups: [], roles } }
            : undefined,
      },
    });
    writeFileSync(fileOf(port), formatApiKey(apiKey), { mode: 0o600 });
    return port;
  },
  connect: async (port) => {
    const transport = apiKeyTransport(readApiKeyFile(fileOf(port)));
    rmSync(fileOf(port));
    const echo = echoOf(connectOver(transport, `127.0.0.1:${String(port)}`, { principal: 'host:h1' }));
    await echo('');
    return echo;
  },
};

function fileOf(port: number): string {
  return join(tmpdir(), `patchbay-bench-key-${String(port)}`);
}
