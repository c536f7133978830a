import { credentials, type ServiceClientConstructor } from '@grpc/grpc-js';
import { expect } from 'chai';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startNameServer, withNameServer } from '@patchbay/nameserver';
import { grpcTransport } from '@patchbay/grpc/client';
import { type IdentityMethods, identityObjectName, type NamePage, silentLog } from '@patchbay/objects';
import { connectOver } from '@patchbay/session/client';

import { scratchDirectory } from './commands/programs.js';
import { root } from './repository.js';

/** Loads the typed NameServer as any client in any language has it from proto/. */
async function typedNameServer(): Promise<ServiceClientConstructor> {
  const definitions = (await import(join(root, 'packages/grpc/dist/src/definitions.js'))) as {
    grpcTypes: { patchbay: { v1: { NameServer: ServiceClientConstructor } } };
  };
  return definitions.grpcTypes.patchbay.v1.NameServer;
}

describe('The two faces of a name server', () => {
  it('show the same registry', async () => {
    await using directory = await scratchDirectory();
    await using server = await startNameServer({
      listen: '127.0.0.1:0',
      insecure: true,
      stateDir: directory.path,
      log: silentLog,
      version: '0.0.0',
    });
    const NameServer = await typedNameServer();
    const typed = new NameServer(server.address, credentials.createInsecure()) as unknown as {
      Register(request: object, done: (error: Error | null) => void): void;
      List(request: object, done: (error: Error | null, page?: NamePage) => void): void;
      close(): void;
    };
    try {
      await withNameServer(
        server.address,
        async (names) => {
          await names.register('one', '127.0.0.1:7441', [{ name: 'by-object', metadata: { a: 'b' } }]);
          await promisify(typed.Register.bind(typed))({
            serverId: 'two',
            address: '127.0.0.1:7442',
            claims: [{ name: 'by-service' }],
          });
          const { names: fromObject, revision } = await names.list();
          const page = await promisify(typed.List.bind(typed))({});
          expect(fromObject.map(({ name }) => name)).to.deep.equal(['by-object', 'by-service']);
          // A message has an empty text for what is absent.
          const typedForm = fromObject.map(({ endpoints, ...record }) => ({
            ...record,
            endpoints: endpoints.map((endpoint) => ({ socket: '', machine: '', local: false, ...endpoint })),
          }));
          expect(page?.names).to.deep.equal(typedForm);
          expect(page?.revision).to.equal(revision);
        },
        { insecure: true },
      );
    } finally {
      typed.close();
    }
  });

  it('show the same authority', async () => {
    await using directory = await scratchDirectory();
    const socket = `unix:${directory.path}/run/socket`;
    const options = {
      identity: true,
      stateDir: join(directory.path, 'names'),
      log: silentLog,
      version: '0.0.0',
    };
    await using server = await startNameServer({ listen: socket, ...options });
    await using client = connectOver(grpcTransport, socket);
    const {
      challenge,
      discover,
      server_url: serverUrl,
      ...status
    } = await client.proxy<IdentityMethods>(identityObjectName).status();
    const { grpcTypes } = (await import(join(root, 'packages/grpc/dist/src/definitions.js'))) as {
      grpcTypes: { patchbay: { v1: { Identity: ServiceClientConstructor } } };
    };
    const Typed = grpcTypes.patchbay.v1.Identity;
    const typed = new Typed(server.address, credentials.createInsecure()) as unknown as {
      Status(request: object, done: (error: Error | null, status?: object) => void): void;
      Policy(request: object): AsyncIterable<{ readonly document: object }> & { cancel(): void };
      close(): void;
    };
    try {
      const {
        challenge: other,
        time,
        ...typedStatus
      } = (await promisify(typed.Status.bind(typed))({})) as Record<string, unknown>;
      expect([typeof challenge, typeof other, typeof time]).to.deep.equal(['string', 'string', 'string']);
      const { cluster, roots, version } = status;
      expect(typedStatus).to.deep.equal({
        cluster,
        roots,
        version,
        serverUrl,
        endpoints: discover.endpoints,
      });
      await client.call('identity', 'add_user', ['alice', { group: ['ops'] }]);
      await client.call('identity', 'grant', ['user:alice', 'viewer', '**']);
      const stream = typed.Policy({});
      const policy = server.authority?.policy.document;
      for await (const { document } of stream) {
        const { principals, grants, revision } = policy ?? {};
        expect(document).to.deep.include({
          revision,
          cluster,
          roots,
          principals,
          keys: [],
          certificates: '',
        });
        expect((document as { grants: object[] }).grants).to.deep.equal(grants);
        break;
      }
    } finally {
      typed.close();
    }
  });
});
