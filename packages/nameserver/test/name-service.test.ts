import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { expect } from 'chai';
import { once } from 'node:events';
import { z } from 'zod';

import { ObjectServer } from '@patchbay/grpc/server';
import { dial, readAll } from '@patchbay/grpc/testing';
import {
  type Caller,
  coreError,
  localCaller,
  type NameRecord,
  silentLog,
  systemClock,
} from '@patchbay/objects';
import {
  arg,
  defineObject,
  Dispatcher,
  lease,
  method,
  nameClaim,
  nameEvent,
  namePage,
  nameRecord,
  nameServerInfo,
  nameServerOptions,
  objectName,
} from '@patchbay/objects/define';
import { eventually, Scratch } from '@patchbay/objects/testing';

import { nameService } from '../src/name-service.js';

type Callback = (error: ServiceError | null, answer: Record<string, unknown>) => void;
type Unary = (request: object, callback: Callback) => void;

interface Names extends Client {
  Register: Unary;
  Unregister: Unary;
  Lookup: Unary;
  List: Unary;
  SetMetadata: Unary;
  Info: Unary;
  KeepAlive(): ClientDuplexStream<unknown, unknown>;
  Watch(request: object): ClientReadableStream<unknown>;
}

/** How a server is reached on its machine. */
const local = { socket: 'unix:/run/socket', machine: 'c0ffee' };

const record: NameRecord = {
  name: objectName.parse('storage'),
  endpoints: [{ address: '127.0.0.1:1', serverId: 's1', ...local, host: 'host:web1', leaseId: 'l1' }],
  metadata: { rack: '7' },
  revision: 2 ** 40,
  registeredAt: '2026-01-01T00:00:00.000Z',
};

describe('the typed NameServer', function () {
  this.timeout(20_000);
  let seen: unknown[][];
  let left: boolean;
  let callers: Caller[];
  let scratch: Scratch;
  let server: ObjectServer;
  let names: Names;

  beforeEach(async () => {
    seen = [];
    left = false;
    callers = [];
    const authorize = ({ caller }: { readonly caller: Caller }): void => {
      callers.push(caller);
    };
    const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog, authorize });
    dispatcher.host('nameserver', standIn());
    scratch = await Scratch.make();
    const listen = ['127.0.0.1:0', `unix:${scratch.file('socket')}`];
    server = await ObjectServer.start({ listen, dispatcher, services: [nameService] });
    names = dial<Names>(server.address, 'patchbay/v1/nameserver.proto', 'patchbay.v1.NameServer');
  });

  afterEach(async () => {
    names.close();
    await server[Symbol.asyncDispose]();
    await scratch.close();
  });

  /** An object with the name server's methods that notes its arguments. */
  function standIn(): ReturnType<typeof defineObject> {
    const options = z.record(z.string(), z.unknown());

    const note = (...args: unknown[]): void => {
      seen.push(args.slice(0, -1)); // without the context
    };
    return defineObject({
      summary: 'Names',
      methods: {
        register: method({
          summary: 'Register',
          args: [
            arg('id', z.string(), 'id'),
            arg('address', z.string(), 'address'),
            arg('claims', z.array(nameClaim), 'c'),
          ],
          options: nameServerOptions.register,
          returns: lease,
          run: (...args) => {
            note(...args);
            return { leaseId: 'l1', ttlMs: 10_000, revision: 1 };
          },
        }),
        keep_alive: method({
          summary: 'Keep alive',
          args: [arg('lease', z.string(), 'lease')],
          returns: lease,
          run: async (leaseId) => {
            await new Promise(setImmediate);
            if (leaseId === 'gone') {
              throw coreError('OBJECT_NOT_FOUND', 'no such lease');
            }
            return { leaseId, ttlMs: 10_000, revision: 1 };
          },
        }),
        unregister: method({
          summary: 'Unregister',
          args: [arg('lease', z.string(), 'lease')],
          returns: z.null(),
          run: (...args) => {
            note(...args);
            return null;
          },
        }),
        lookup: method({
          summary: 'Look up',
          args: [arg('name', z.string(), 'name')],
          returns: nameRecord,
          run: (name) => {
            if (name !== 'storage') {
              throw coreError('OBJECT_NOT_FOUND', `no object ${name}`);
            }
            return record;
          },
        }),
        list: method({
          summary: 'List',
          args: [arg('query', options, 'query')],
          returns: namePage,
          run: (...args) => {
            note(...args);
            return { names: [record], revision: 3 };
          },
        }),
        set_metadata: method({
          summary: 'Set metadata',
          args: [arg('name', z.string(), 'name'), arg('changes', options, 'changes')],
          returns: nameRecord,
          run: (...args) => {
            note(...args);
            return record;
          },
        }),
        watch: method({
          summary: 'Watch',
          args: [arg('query', options, 'query')],
          yields: nameEvent,
          returns: z.null(),
          run: async function* (query, context) {
            note(query, context);
            try {
              yield { type: 'removed' as const, record, revision: 4 };
              await new Promise((resolve) => {
                context.signal.addEventListener('abort', resolve);
              });
              return null;
            } finally {
              left = true;
            }
          },
        }),
        info: method({
          summary: 'Info',
          returns: nameServerInfo,
          run: () => ({ version: '1', startedAt: record.registeredAt, names: 1, leases: 2, revision: 3 }),
        }),
      },
    });
  }

  const ask = (
    call: 'Register' | 'Unregister' | 'Lookup' | 'List' | 'SetMetadata' | 'Info',
    request: object,
  ): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      names[call](request, (error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
  const wireRecord = {
    name: 'storage',
    endpoints: [
      { address: '127.0.0.1:1', server_id: 's1', ...local, lease_id: 'l1', host: 'host:web1', local: false },
    ],
    metadata: { rack: '7' },
    revision: String(2 ** 40),
    registered_at: '2026-01-01T00:00:00.000Z',
  };

  it('knows who calls, by the address that they called', async () => {
    await ask('Info', {});
    names.close();
    const [, socket = ''] = server.addresses;
    names = dial<Names>(socket, 'patchbay/v1/nameserver.proto', 'patchbay.v1.NameServer');
    await ask('Info', {});
    const watch = names.Watch({});
    await once(watch, 'data');
    watch.cancel();
    await readAll(watch);
    const [tcp, ...others] = callers;
    expect(tcp).to.include({ principal: 'anonymous' });
    expect(tcp?.peer).to.match(/^127\.0\.0\.1:\d+$/);
    expect(others).to.deep.equal([localCaller(socket), localCaller(socket)]);
  });

  it('registers, with and without a time to live', async () => {
    const request = { server_id: 's1', address: 'h:1', claims: [{ name: 'a', metadata: { k: 'v' } }] };
    expect(await ask('Register', request)).to.deep.equal({
      lease_id: 'l1',
      ttl_ms: 10_000,
      revision: '1',
      lost: [],
    });
    await ask('Register', { ...request, ttl_ms: 500, ...local });
    await ask('Register', { ...request, claims: [{ name: 'a', shared: true, replace: true }] });
    const claims = [{ name: 'a', metadata: { k: 'v' } }];
    expect(seen).to.deep.equal([
      ['s1', 'h:1', claims, {}],
      ['s1', 'h:1', claims, { ttlMs: 500, ...local }],
      ['s1', 'h:1', [{ name: 'a', metadata: {}, shared: true, replace: true }], {}],
    ]);
  });

  for (const [call, request] of [
    ['Register', { claims: Array.from({ length: 20_001 }, () => ({})) }],
    [
      'Register',
      { claims: [{ metadata: Object.fromEntries(Array.from({ length: 20_001 }, (_, n) => [n, ''])) }] },
    ],
    ['SetMetadata', { remove: Array.from({ length: 20_001 }, () => '') }],
  ] as const) {
    it(`refuses a ${call} of more than any has reason to hold: ${Object.keys(request).join()}`, async () => {
      const error = await ask(call, request).catch((caught: unknown) => caught);
      expect(error).to.include({ code: status.RESOURCE_EXHAUSTED });
      expect(seen).to.deep.equal([]);
    });
  }

  it('looks a name up', async () => {
    expect(await ask('Lookup', { name: 'storage' })).to.deep.equal(wireRecord);
    const error = await ask('Lookup', { name: 'storgae' }).catch((caught: unknown) => caught);
    expect(error).to.include({ code: status.NOT_FOUND, details: 'no object storgae' });
  });

  it('lists names in pages', async () => {
    expect(await ask('List', {})).to.deep.equal({ names: [wireRecord], next: '', revision: '3' });
    await ask('List', { prefix: 's', after: 'storage', limit: 5 });
    await ask('List', { glob: 's*', regex: 's.*', meta: ['a=b', 'c'], any_meta: ['d'] });
    expect(seen).to.deep.equal([
      [{ prefix: '' }],
      [{ prefix: 's', after: 'storage', limit: 5 }],
      [{ prefix: '', glob: 's*', regex: 's.*', meta: ['a=b', 'c'], anyMeta: ['d'] }],
    ]);
  });

  it('sets and removes metadata', async () => {
    await ask('SetMetadata', { name: 'storage', set: { a: '1' }, remove: ['b'] });
    expect(seen).to.deep.equal([['storage', { a: '1', b: null }]]);
  });

  it('unregisters, and tells what it is', async () => {
    expect(await ask('Unregister', { lease_id: 'l1' })).to.deep.equal({});
    expect(seen).to.deep.equal([['l1']]);
    expect(await ask('Info', {})).to.deep.include({ version: '1', names: '1', leases: '2' });
  });

  it('watches, from now or from a revision, until the watcher leaves', async () => {
    for (const request of [{ prefix: 's' }, { prefix: 's', from_revision: 0 }]) {
      left = false;
      const stream = names.Watch(request);
      stream.on('error', () => undefined);
      const event = await new Promise((resolve) => stream.once('data', resolve));
      expect(event).to.deep.equal({ type: 3, record: wireRecord, revision: '4' });
      stream.cancel();
      await eventually(() => left);
    }
    expect(seen[0]).to.deep.equal([{ prefix: 's', fromRevision: undefined }]);
    expect(seen[1]).to.deep.equal([{ prefix: 's', fromRevision: 0 }]);
  });

  it('answers each keep-alive, also those before the client had no more', async () => {
    const stream = names.KeepAlive();
    stream.write({ lease_id: 'a' });
    stream.write({ lease_id: 'b' });
    stream.end();
    const { answers, error } = await readAll(stream);
    expect(error).to.equal(undefined);
    expect(answers.map((each) => (each as { lease_id: string }).lease_id)).to.deep.equal(['a', 'b']);
  });

  it('ends the keep-alives of a lease that is gone', async () => {
    const stream = names.KeepAlive();
    for (const leaseId of ['a', 'gone', 'gone']) {
      stream.write({ lease_id: leaseId });
    }
    const { answers, error } = await readAll(stream);
    expect(answers).to.have.length(1);
    expect(error?.code).to.equal(status.NOT_FOUND);
  });
});
