import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import { expect } from 'chai';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { root } from '../repository.js';
import { Patchbay } from './patchbay.js';
import { describeSystem } from './scratch.js';
import { shared } from './shared.js';

// Without Patchbay's own library: proto/ must be sufficient for any client.
const { resolve } = createRequire(join(root, 'packages/grpc/package.json'));
const definition = loadSync(
  [
    'patchbay/v1/nameserver.proto',
    'patchbay/v1/objects.proto',
    'google/rpc/status.proto',
    resolve('grpc-health-check').replace(/build\/.*/, 'proto/health/v1/health.proto'),
    resolve('@grpc/reflection').replace(/src\/.*/, 'proto/grpc/reflection/v1/reflection.proto'),
  ],
  { includeDirs: [join(root, 'proto')], enums: String, longs: Number, defaults: true, oneofs: true },
);
const services = loadPackageDefinition(definition);

type Unary = (request: object, answer: (error: ServiceError | null, value: unknown) => void) => void;
type ServerStream = (request: object) => ClientReadableStream<unknown>;
type DuplexStream = () => ClientDuplexStream<object, unknown>;

/** Creates a client of a service of the .proto files; the caller closes it. */
function clientOf(service: string, address: string): Client & Record<string, unknown> {
  const found = service.split('.').reduce<unknown>((at, part) => (at as GrpcObject)[part], services);
  const Made = found as ServiceClientConstructor;
  return new Made(address, credentials.createInsecure());
}

async function unary(service: string, method: string, address: string, request: object): Promise<unknown> {
  const client = clientOf(service, address);
  try {
    return await new Promise((fulfil, reject) => {
      (client[method] as Unary).call(client, request, (error, value) => {
        if (error === null) {
          fulfil(value);
        } else {
          reject(error);
        }
      });
    });
  } finally {
    client.close();
  }
}

/** Makes a call by ObjectServer.Call and returns its responses. */
async function call(address: string, object: string, method: string, ...words: string[]): Promise<unknown[]> {
  const client = clientOf('patchbay.v1.ObjectServer', address);
  try {
    const request = { object, method, arguments: words.map((stringValue) => ({ stringValue })) };
    return await everythingOf((client.Call as ServerStream).call(client, request));
  } finally {
    client.close();
  }
}

describeSystem('A client that has our .proto files only', ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io'], () => {
  const patchbay = shared(() => Patchbay.start());
  let server: string;

  before(async () => {
    await patchbay().importImage('ubuntu', 16 * 2 ** 20);
  });

  it('finds the storage object by the typed NameServer', async () => {
    const { names } = (await unary('patchbay.v1.NameServer', 'List', patchbay().nameServer, {})) as {
      names: { name: string; endpoints: { address: string }[] }[];
    };
    expect(names.map(({ name }) => name)).to.include('storage');
    const record = (await unary('patchbay.v1.NameServer', 'Lookup', patchbay().nameServer, {
      name: 'storage',
    })) as { endpoints: { address: string }[] };
    server = record.endpoints[0]?.address ?? '';
    expect(server).to.match(/^127\.0\.0\.1:\d+$/);
  });

  it('calls it by ObjectServer.Call, with plain JSON values', async () => {
    const responses = (await call(server, 'storage', 'list_all_images')) as {
      result: { listValue: { values: { structValue: { fields: Record<string, object> } }[] } };
    }[];
    const { fields } = responses.at(-1)?.result.listValue.values[0]?.structValue ?? { fields: {} };
    expect(fields.name).to.include({ stringValue: 'ubuntu' });
    expect(fields.sizeBytes).to.include({ numberValue: 16 * 2 ** 20 });
  });

  it('gets an error with its status, reason and details', async () => {
    const error = (await call(server, 'storage', 'provision', 'node7', 'ubunut').catch(
      (each: unknown) => each,
    )) as ServiceError;
    expect(error).to.include({ code: 5 });
    expect(error.details).to.match(/no image "ubunut"; did you mean "ubuntu"/);
    const [trailer] = error.metadata.get('grpc-status-details-bin');
    const status = decode('google.rpc.Status', trailer as Buffer) as {
      code: number;
      message: string;
      details: { type_url: string; value: Buffer }[];
    };
    expect(status).to.include({ code: 5, message: error.details });
    expect(status.details.map((each) => each.type_url)).to.deep.equal([
      'type.googleapis.com/google.rpc.ErrorInfo',
    ]);
    const info = decode('google.rpc.ErrorInfo', status.details[0]?.value ?? Buffer.of());
    expect(info).to.include({ reason: 'IMAGE_NOT_FOUND', domain: 'patchbay' });
  });

  const daemons = [
    ['name server', ['patchbay.v1.ObjectServer', 'patchbay.v1.NameServer']],
    ['RPC server', ['patchbay.v1.ObjectServer']],
  ] as const;
  for (const [daemon, own] of daemons) {
    const address = (): string => (daemon === 'name server' ? patchbay().nameServer : server);

    it(`learns from the ${daemon} that it is healthy`, async () => {
      const health = await unary('grpc.health.v1.Health', 'Check', address(), {});
      expect(health).to.deep.equal({ status: 'SERVING' });
    });

    it(`learns from the ${daemon} which services it has`, async () => {
      const client = clientOf('grpc.reflection.v1.ServerReflection', address());
      try {
        const stream = (client.ServerReflectionInfo as DuplexStream).call(client);
        stream.end({ list_services: '', listServices: '' });
        const [answer] = (await everythingOf(stream)) as {
          listServicesResponse: { service: { name: string }[] };
        }[];
        const names = answer?.listServicesResponse.service.map(({ name }) => name);
        expect(names?.filter((name) => name.startsWith('patchbay.'))).to.have.members(own);
      } finally {
        client.close();
      }
    });
  }
});

async function everythingOf(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const each of stream) {
    all.push(each);
  }
  return all;
}

function decode(type: string, bytes: Buffer): unknown {
  const { deserialize } = definition[type] as MessageTypeDefinition<object, object>;
  return deserialize(bytes);
}
