import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CurrentIdentity, type Identity, secureTransport } from '@patchbay/grpc/secure';
import { TestAuthority } from '@patchbay/grpc/testing';
import type { Caller } from '@patchbay/objects';
import { connectOver } from '@patchbay/session/client';

import type { Transport } from '../transport.js';
import { echoOf, serveEcho } from './patchbay.js';

const roles: Caller['roles'] = [{ role: 'admin', objects: '**', methods: '*' }];

/** The transport `patchbay` over TLS, with a certificate at each end; a file has the client's, with the port in its name. */
export const patchbayByTls: Transport = {
  serve: async () => {
    using authority = new TestAuthority();
    const port = await serveEcho(undefined, undefined, undefined, '127.0.0.1:0', {
      identity: new CurrentIdentity(authority.identity('host/h1')),
      callerOf: (principal, _fingerprint, peer) => ({ peer, principal, groups: [], roles }),
    });
    writeFileSync(fileOf(port), JSON.stringify(authority.identity('user/alice')), { mode: 0o600 });
    return port;
  },
  connect: async (port) => {
    const identity = JSON.parse(readFileSync(fileOf(port), 'utf8')) as Identity;
    rmSync(fileOf(port));
    const transport = secureTransport({ identity });
    const echo = echoOf(connectOver(transport, `127.0.0.1:${String(port)}`, { principal: 'host:h1' }));
    await echo('');
    return echo;
  },
};

function fileOf(port: number): string {
  return join(tmpdir(), `patchbay-bench-tls-${String(port)}`);
}
