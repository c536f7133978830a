import { credentials, type ServiceClientConstructor } from '@grpc/grpc-js';
import { expect } from 'chai';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startNameServer, withNameServer } from '@patchbay/nameserver';
import { type NamePage, silentLog } from '@patchbay/objects';

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
});
