import type { Client, ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { expect } from 'chai';

import { ObjectServer } from '@patchbay/grpc/server';
import { dial, readAll } from '@patchbay/grpc/testing';
import { nameServerObject } from '@patchbay/nameserver';
import { type Principal, silentLog, systemClock } from '@patchbay/objects';
import { Dispatcher } from '@patchbay/objects/define';
import { refusal } from '@patchbay/objects/testing';

import { nameService } from '../src/name-service.js';
import { caller } from './callers.js';
import { claims, OpenedRegistry } from './opened-registry.js';
import { withNameServer } from './plain-client.js';

type Method = 'Register' | 'Unregister' | 'Lookup' | 'SetMetadata';
type Answer = Readonly<Record<string, unknown>>;
type Names = Client & {
  KeepAlive(): ClientDuplexStream<unknown, unknown>;
} & Record<Method, (request: object, done: (error: ServiceError | null, answer: Answer) => void) => void>;

describe('the names of a host, over gRPC', () => {
  it('are safe from another through both faces', async () => {
    await using opened = await OpenedRegistry.open(undefined, () => ['*']);
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
    dispatcher.host('nameserver', nameServerObject(opened.whole));
    const serve = (principal: Principal): Promise<ObjectServer> =>
      ObjectServer.start({
        listen: '127.0.0.1:0',
        dispatcher,
        services: [nameService],
        identify: ({ peer }) => ({ ...caller(principal), peer }),
      });
    await using owners = await serve('host:web1');
    await using rivals = await serve('host:web2');

    const lease = await withNameServer(owners.address, (names) => names.register('s1', 'a:1', claims('a')));
    const { leaseId } = lease;
    await withNameServer(rivals.address, async (names) => {
      await refusal(names.keep_alive(leaseId), 'LEASE_NOT_OWNED');
      await refusal(names.unregister(leaseId), 'LEASE_NOT_OWNED');
      await refusal(names.remove('a'), 'CALLER_REFUSED');
      await refusal(names.set_metadata('a', { x: 'y' }), 'CALLER_REFUSED');
      await refusal(names.register('s1', 'b:1', [{ name: 'a', replace: true }]), 'NAME_TAKEN');
      await refusal(names.register('s1', 'b:1', claims('host.web1')), 'NAME_NOT_ALLOWED');
      expect((await names.lookup('a')).endpoints).to.deep.equal([
        { address: 'a:1', serverId: 's1', host: 'host:web1' },
      ]);
    });

    const typed = dial<Names>(rivals.address, 'patchbay/v1/nameserver.proto', 'patchbay.v1.NameServer');
    try {
      const ask = (method: Method, request: object): Promise<Answer> =>
        new Promise((resolve, reject) => {
          typed[method](request, (error, answer) => {
            if (error === null) resolve(answer);
            else reject(error);
          });
        });
      const claim = { server_id: 's1', address: 'b:1', claims: [{ name: 'a', replace: true }] };
      for (const [method, request, code] of [
        ['Unregister', { lease_id: leaseId }, 7],
        ['SetMetadata', { name: 'a', set: { x: 'y' } }, 7],
        ['Register', claim, 6],
      ] as const) {
        const error: unknown = await ask(method, request).catch((thrown: unknown) => thrown);
        expect(error).to.include({ code });
      }
      const keeping = typed.KeepAlive();
      keeping.write({ lease_id: leaseId });
      expect((await readAll(keeping)).error).to.include({ code: 7 });
      expect(await ask('Lookup', { name: 'a' })).to.have.deep.property('endpoints', [
        {
          address: 'a:1',
          server_id: 's1',
          lease_id: '',
          host: 'host:web1',
          socket: '',
          machine: '',
          local: false,
        },
      ]);
    } finally {
      typed.close();
    }

    await withNameServer(owners.address, async (names) => {
      expect(await names.keep_alive(leaseId)).to.include({ leaseId });
      expect((await names.lookup('a')).endpoints[0]?.leaseId).to.equal(leaseId);
      await names.unregister(leaseId);
    });
  });
}).timeout(60_000);
