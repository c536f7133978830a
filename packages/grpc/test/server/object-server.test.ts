import {
  compressionAlgorithms,
  type CallOptions,
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect } from 'chai';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';

import { eventually } from '@patchbay/objects/testing';

import { ObjectServer } from '../../src/server/object-server.js';
import { type SampleServer, startSample, stopping } from '../sample.js';
import { dial, protoDirectory, readAll } from '../../src/testing/foreign-client.js';

const require = createRequire(import.meta.url);
const healthProto = join(dirname(require.resolve('grpc-health-check')), '../../proto/health/v1/health.proto');
const reflectionProto = join(
  dirname(require.resolve('@grpc/reflection')),
  '../proto/grpc/reflection/v1/reflection.proto',
);

type Callback = (error: ServiceError | null, answer: Record<string, unknown>) => void;

interface Objects extends Client {
  Call(request: object, options?: CallOptions): ClientReadableStream<unknown>;
  Describe(request: object, callback: Callback): void;
  Session(): ClientDuplexStream<unknown, unknown>;
}

interface Health extends Client {
  Check(request: object, callback: Callback): void;
  List(request: object, callback: Callback): void;
  Watch(request: object): ClientReadableStream<{ status: number }>;
}

interface Reflection extends Client {
  ServerReflectionInfo(): ClientDuplexStream<unknown, Record<string, unknown>>;
}

describe('a server of objects, to a client made from the .proto files alone', function () {
  this.timeout(30_000);
  let server: SampleServer;
  let objects: Objects;

  beforeEach(async () => {
    server = await startSample();
    objects = dial<Objects>(server.address, 'patchbay/v1/objects.proto', 'patchbay.v1.ObjectServer');
  });

  afterEach(async () => {
    objects.close();
    await server[Symbol.asyncDispose]();
  });

  const call = (method: string, args: unknown[], options?: CallOptions): ClientReadableStream<unknown> =>
    objects.Call({ object: 'sample', method, arguments: args.map(toValue) }, options);

  /** Waits until the generator has stopped yielding. */
  async function stalled(): Promise<void> {
    await eventually(async () => {
      const before = server.notes.length;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return server.notes.length === before;
    });
  }

  it('accepts and returns google.protobuf.Values', async () => {
    const value = { text: 'ü', number: 1.5, yes: true, none: null, list: [1, 'two', {}], deep: { er: {} } };
    const { answers } = await readAll(call('echo', [value]));
    expect(answers.map(fromAnswer)).to.deep.equal([{ result: value }]);
  });

  it('streams the items before the result', async () => {
    const { answers } = await readAll(call('count', [2]));
    expect(answers.map(fromAnswer)).to.deep.equal([
      { item: { n: 1, padding: '' } },
      { item: { n: 2, padding: '' } },
      { result: 2 },
    ]);
  });

  it('slows down to the pace of its reader, and runs the finally when it leaves', async () => {
    const stream = call('count', [100_000, 10_000]);
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.pause();
    await eventually(() => server.notes.length > 10);
    await stalled();
    expect(server.notes.length).to.be.below(3_000); // what the windows of both sides hold
    stream.cancel();
    await eventually(() => server.notes.includes('finally'));
    await eventually(() => server.dispatcher.running === 0);
  });

  it('runs the finally of a method whose slow reader is cancelled by the server', async () => {
    const stream = call('count', [100_000, 10_000]);
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.pause();
    await eventually(() => server.notes.length > 5);
    await stalled();
    server.dispatcher.cancelAll(stopping());
    await eventually(() => server.notes.includes('finally'));
    stream.cancel();
  });

  it('puts the reason, the details and the call’s id into google.rpc.Status', async () => {
    const { error } = await readAll(call('fail', []));
    expect(error).to.include({ code: status.INVALID_ARGUMENT, details: 'no such thing: "\u{1f4be}"' });
    const { info, full } = statusOf(error!);
    expect(full).to.include({ code: status.INVALID_ARGUMENT, message: 'no such thing: "\u{1f4be}"' });
    expect(info).to.deep.include({ reason: 'NAME_INVALID', domain: 'patchbay' });
    expect(info.metadata).to.include({ name: 'x', tries: '3' });
    expect(info.metadata.call_id).to.equal(server.log.lines[0]?.fields.callId);
  });

  it('truncates an error that no trailer could hold', async () => {
    const { error } = await readAll(call('failLong', [400_000]));
    expect(error?.code).to.equal(status.INVALID_ARGUMENT);
    expect(error?.details).to.match(/^(long)+…$/);
    expect(statusOf(error!).info.reason).to.equal('NAME_INVALID');
  });

  it('omits details that JSON cannot represent', async () => {
    const { error } = await readAll(call('failLong', [40]));
    expect(Object.keys(statusOf(error!).info.metadata)).to.have.members(['long', 'call_id']);
  });

  it('does not reveal unexpected errors', async () => {
    const { error } = await readAll(call('crash', []));
    expect(error?.code).to.equal(status.INTERNAL);
    expect(JSON.stringify(error)).not.to.include('secret');
    expect(statusOf(error!).full.message).not.to.include('secret');
  });

  it('fails a result that JSON cannot represent', async () => {
    const { error } = await readAll(call('cycle', []));
    expect(error?.code).to.equal(status.INTERNAL);
    await eventually(() => server.dispatcher.running === 0);
  });

  const refusals: readonly (readonly [string, object, number])[] = [
    ['an unknown object', { object: 'nobody', method: 'echo' }, status.NOT_FOUND],
    ['an unknown method', { object: 'sample', method: 'nothing' }, status.UNIMPLEMENTED],
    ['an empty request', {}, status.NOT_FOUND],
    ['a missing argument', { object: 'sample', method: 'pause' }, status.INVALID_ARGUMENT],
    [
      'a value without a kind',
      { object: 'sample', method: 'echo', arguments: [{}] },
      status.INVALID_ARGUMENT,
    ],
  ];
  for (const [what, request, code] of refusals) {
    it(`refuses ${what}`, async () => {
      expect((await readAll(objects.Call(request))).error?.code).to.equal(code);
    });
  }

  it('survives a very deeply nested argument', async () => {
    let deep: object = { nullValue: 0 };
    for (let level = 0; level < 3_000; level++) {
      deep = { listValue: { values: [deep] } };
    }
    const stream = objects.Call({ object: 'sample', method: 'echo', arguments: [deep] });
    expect((await readAll(stream)).error?.code).to.be.a('number');
    expect((await readAll(call('echo', ['still here']))).answers).to.have.length(1);
  });

  it('pollutes no prototype with what it is sent', async () => {
    const fields = Object.fromEntries([
      ['__proto__', { structValue: { fields: { polluted: { boolValue: true } } } }],
    ]);
    await readAll(
      objects.Call({ object: 'sample', method: 'echo', arguments: [{ structValue: { fields } }] }),
    );
    expect(({} as { polluted?: unknown }).polluted).to.equal(undefined);
  });

  it('respects the deadline of gRPC', async () => {
    const { error } = await readAll(call('hang', [], { deadline: Date.now() + 1_000 }));
    expect(error?.code).to.equal(status.DEADLINE_EXCEEDED);
    await eventually(() => server.notes.includes('hang aborted'));
  });

  it('keeps the time limit of the method where the call has no deadline', async () => {
    const { error } = await readAll(call('hangBriefly', []));
    expect(error?.code).to.equal(status.DEADLINE_EXCEEDED);
    expect(error?.details).to.match(
      /^sample\.hangBriefly did not finish within 100ms, the time limit of the method/,
    );
    await eventually(() => server.notes.includes('hangBriefly aborted'));
  });

  it('aborts the method when the call is cancelled', async () => {
    const stream = call('trickle', []);
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('data', resolve));
    await eventually(() => server.notes.includes('trickle began'));
    stream.cancel();
    await eventually(() => server.notes.includes('trickle aborted'));
  });

  it('describes its objects, all or one', async () => {
    const describe = (object: string): Promise<Record<string, unknown>> =>
      new Promise((resolve, reject) => {
        objects.Describe({ object }, (error, answer) => {
          if (error === null) resolve(answer);
          else reject(error);
        });
      });
    for (const object of ['', 'sample']) {
      const { objects: found } = (await describe(object)) as {
        objects: { fields: Record<string, unknown> }[];
      };
      expect(found).to.have.length(1);
      expect(found[0]!.fields.name).to.deep.include({ stringValue: 'sample' });
    }
    const error = await describe('nobody').catch((caught: unknown) => caught as ServiceError);
    expect(error).to.have.property('code', status.NOT_FOUND);
  });

  it('answers health probes while it serves and drains', async () => {
    const health = dial<Health>(server.address, healthProto, 'grpc.health.v1.Health');
    const check = (service: string): Promise<unknown> =>
      new Promise((resolve) => {
        health.Check({ service }, (error, answer) => {
          resolve(error === null ? answer.status : error.code);
        });
      });
    expect(await check('')).to.equal(1);
    expect(await check('patchbay.v1.ObjectServer')).to.equal(1);
    expect(await check('patchbay.v1.NameServer')).to.equal(status.NOT_FOUND); // it has none
    server.server.setHealth('patchbay.registration', false);
    expect(await check('patchbay.registration')).to.equal(2);
    expect(await check('')).to.equal(1);
    server.server.setHealth('patchbay.registration', true);
    expect(await check('patchbay.registration')).to.equal(1);
    const listed = await new Promise((resolve) => {
      health.List({}, (_error, answer) => {
        resolve(answer.statuses);
      });
    });
    expect(listed).to.have.all.keys('', 'patchbay.v1.ObjectServer', 'patchbay.registration');
    server.server.leave();
    expect(await check('')).to.equal(2);
    server.server.setHealth('patchbay.registration', true);
    expect(await check('patchbay.registration')).to.equal(2);
    health.close();
  });

  it('tells watchers of health of each change, and ends with them', async () => {
    const health = dial<Health>(server.address, healthProto, 'grpc.health.v1.Health');
    const seen: number[] = [];
    const watch = health.Watch({ service: 'patchbay.registration' });
    watch.on('data', ({ status: each }: { status: number }) => seen.push(each));
    watch.on('error', () => undefined);
    const ended = new Promise((resolve) => watch.once('end', resolve));
    await eventually(() => seen.length === 1);
    for (const serving of [false, false, true]) {
      server.server.setHealth('patchbay.registration', serving);
    }
    server.server.leave();
    await eventually(() => seen.length === 4);
    expect(seen).to.deep.equal([3, 2, 1, 2]);
    await server.server.close();
    await ended;
    health.close();
  });

  it('has at most 16 watches of health open for an address', async () => {
    const health = dial<Health>(server.address, healthProto, 'grpc.health.v1.Health');
    const open = (): { watch: ReturnType<Health['Watch']>; answer: Promise<unknown> } => {
      const watch = health.Watch({ service: '' });
      watch.on('error', () => undefined);
      const answer = new Promise((resolve) => {
        watch.once('data', ({ status: each }: { status: number }) => {
          resolve(each);
        });
        watch.once('error', resolve);
      });
      return { watch, answer };
    };
    const watches = Array.from({ length: 16 }, open);
    const answers = await Promise.all(watches.map(({ answer }) => answer));
    expect(answers).to.deep.equal(Array.from({ length: 16 }, () => 1));
    expect(await open().answer).to.include({ code: status.RESOURCE_EXHAUSTED });
    watches[0]?.watch.cancel();
    await eventually(async () => (await open().answer) === 1);
    health.close();
  });

  it('lists its services and their files by reflection', async () => {
    const reflection = dial<Reflection>(
      server.address,
      reflectionProto,
      'grpc.reflection.v1.ServerReflection',
    );
    const ask = async (request: object): Promise<Record<string, unknown>> => {
      const stream = reflection.ServerReflectionInfo();
      stream.end(request);
      const { answers, error } = await readAll(stream);
      expect(error).to.equal(undefined);
      return answers[0] as Record<string, unknown>;
    };
    const listed = await ask({ list_services: '' });
    const { service } = listed.list_services_response as { service: { name: string }[] };
    expect(service.map(({ name }) => name)).to.deep.equal([
      'patchbay.v1.ObjectServer',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ]);
    const files = await ask({ file_containing_symbol: 'patchbay.v1.ObjectServer' });
    const { file_descriptor_proto: file } = files.file_descriptor_response as {
      file_descriptor_proto: Buffer[];
    };
    // A client can read the second only if the first imports it.
    expect(file.map((bytes) => bytes.includes('google/protobuf/struct.proto'))).to.deep.equal([true, true]);
    for (const [request, code] of [
      [{ file_containing_symbol: 'patchbay.v1.NameServer' }, status.NOT_FOUND], // it has none
      [{ file_containing_symbol: 'patchbay.v1.ObjectServer.Nothing' }, status.NOT_FOUND],
      [{ file_by_filename: '../package.json' }, status.NOT_FOUND],
      [{ file_containing_extension: { containing_type: 'x', extension_number: 1 } }, status.NOT_FOUND],
      [{}, status.UNIMPLEMENTED],
    ] as const) {
      expect((await ask(request)).error_response).to.deep.include({ error_code: code });
    }
    for (const request of [
      { file_containing_symbol: 'patchbay.v1.ObjectServer.Session' },
      { file_containing_symbol: 'patchbay.v1.Frame.kind' },
      { file_containing_symbol: 'grpc.health.v1.HealthCheckResponse.SERVING' },
      { file_by_filename: 'google/rpc/status.proto' },
      { all_extension_numbers_of_type: 'google.rpc.Status' },
    ]) {
      expect((await ask(request)).error_response, JSON.stringify(request)).to.equal(undefined);
    }
    reflection.close();
  });

  const compressions = [
    ['no compression', compressionAlgorithms.identity],
    ['gzip', compressionAlgorithms.gzip],
    ['deflate', compressionAlgorithms.deflate],
  ] as const;
  for (const [named, algorithm] of compressions) {
    it(`serves Session to a client with a codec of its own and ${named}`, async () => {
      const file = 'patchbay/v1/objects.proto';
      const options = { 'grpc.default_compression_algorithm': algorithm };
      const client = dial<Objects>(server.address, file, 'patchbay.v1.ObjectServer', options);
      const stream = client.Session();
      stream.write({ frames: [{ hello: { client: 'me', item_window: 1_000, max_frame: 1_000_000 } }] });
      const invoke = {
        call: 7,
        object: 'sample',
        method: 'echo',
        arguments: { json: Buffer.from('["hello"]') },
      };
      stream.write({ frames: [{ invoke }] });
      const kinds: string[] = [];
      for await (const { frames } of stream as AsyncIterable<{
        frames: { kind: string; result?: unknown }[];
      }>) {
        kinds.push(...frames.map(({ kind }) => kind));
        const result = frames.find(({ kind }) => kind === 'result')?.result as
          { value: { json: Buffer } } | undefined;
        if (result !== undefined) {
          expect(result.value.json.toString()).to.equal('"hello"');
          break;
        }
      }
      expect(kinds).to.deep.equal(['hello', 'result']);
      client.close();
    });
  }

  const hello = { hello: { client: 'me' } };
  const violations: readonly (readonly [string, object[]])[] = [
    ['a call before the hello', [{ invoke: { call: 1, object: 'sample', method: 'hang' } }]],
    ['a hello without a client', [{ hello: {} }]],
    ['two hellos', [hello, hello]],
    [
      'the number of a call that runs',
      [hello, { invoke: { call: 1, object: 'sample', method: 'hang' } }, { invoke: { call: 1 } }],
    ],
    ['a frame that only servers send', [hello, { result: { call: 1 } }]],
    ['a chunk without a first one', [hello, { chunk: { number: 1, data: Buffer.from('x') } }]],
    ['a frame without a kind', [{}]],
  ];
  for (const [what, frames] of violations) {
    it(`ends a session with ${what}, and cancels its calls`, async () => {
      const stream = objects.Session();
      stream.write({ frames });
      const { error } = await readAll(stream);
      expect(error?.code).to.equal(status.INVALID_ARGUMENT);
      expect(statusOf(error!).info.reason).to.equal('MESSAGE_MALFORMED');
      expect(server.log.lines.map(({ message }) => message)).to.include(
        'a client violated the session protocol',
      );
      await eventually(() => server.dispatcher.running === 0);
    });
  }

  const unreadable: readonly (readonly [string, string])[] = [
    ['what is not JSON', '["hello'],
    ['an object', '{"a":1}'],
  ];
  for (const [what, json] of unreadable) {
    it(`fails only the call whose arguments are ${what}`, async () => {
      const stream = objects.Session();
      const invoke = { object: 'sample', method: 'echo' };
      const bad = { ...invoke, call: 1, arguments: { json: Buffer.from(json) } };
      const good = { ...invoke, call: 2, arguments: { json: Buffer.from('[1]') } };
      stream.write({ frames: [hello, { invoke: bad }, { invoke: good }] });
      for await (const { frames } of stream as AsyncIterable<{ frames: { kind: string }[] }>) {
        expect(frames.map(({ kind }) => kind)).to.deep.equal(['hello', 'failure', 'result']);
        break;
      }
    });
  }

  it('ends at once beside a client that never speaks and one that never hangs up', async () => {
    const [host = '', port = ''] = server.address.split(':');
    const idle = connect(Number(port), host);
    await new Promise((resolve) => idle.once('connect', resolve));
    const stream = objects.Session();
    stream.on('error', () => undefined);
    stream.write({ frames: [hello, { invoke: { call: 1, object: 'sample', method: 'hang' } }] });
    await eventually(() => server.notes.includes('hang began'));
    const began = performance.now();
    await server.server[Symbol.asyncDispose]();
    expect(performance.now() - began).to.be.below(3_000);
    await eventually(() => server.notes.includes('hang aborted'));
    idle.destroy();
  });

  it('reports why it cannot listen', async () => {
    const second = ObjectServer.start({ listen: server.address, dispatcher: server.dispatcher });
    const error = await second.catch((caught: unknown) => caught);
    expect(error).to.have.property('reason', 'LISTEN_FAILED');
    expect((error as Error).message)
      .to.include(server.address)
      .and.include('address already in use');
  });
});

interface RpcStatus {
  readonly full: { readonly code: number; readonly message: string };
  readonly info: {
    readonly reason: string;
    readonly domain: string;
    readonly metadata: Record<string, string>;
  };
}

/** Reads a google.rpc.Status as anybody would: by its .proto. */
function statusOf(error: ServiceError): RpcStatus {
  const definitions = loadSync(join(protoDirectory, 'google/rpc/status.proto'), {
    includeDirs: [protoDirectory],
  });
  const read = (name: string, bytes: Buffer): unknown =>
    (definitions[name] as unknown as { deserialize(bytes: Buffer): unknown }).deserialize(bytes);
  const [bytes] = error.metadata.get('grpc-status-details-bin') as Buffer[];
  const full = read('google.rpc.Status', bytes!) as RpcStatus['full'] & {
    details: { type_url: string; value: Buffer }[];
  };
  expect(full.details[0]?.type_url).to.equal('type.googleapis.com/google.rpc.ErrorInfo');
  return { full, info: read('google.rpc.ErrorInfo', full.details[0]!.value) as RpcStatus['info'] };
}

function toValue(data: unknown): object {
  if (data === null) return { nullValue: 0 };
  if (typeof data === 'string') return { stringValue: data };
  if (typeof data === 'number') return { numberValue: data };
  if (typeof data === 'boolean') return { boolValue: data };
  if (Array.isArray(data)) return { listValue: { values: data.map(toValue) } };
  const entries = Object.entries(data as object).map(([key, member]) => [key, toValue(member)] as const);
  return { structValue: { fields: Object.fromEntries(entries) } };
}

function fromAnswer(answer: unknown): unknown {
  const { kind, ...rest } = answer as Record<string, unknown> & { kind: string };
  return { [kind]: fromValue(rest[kind] as Record<string, unknown>) };
}

function fromValue(value: Record<string, unknown>): unknown {
  switch (value.kind) {
    case 'nullValue':
      return null;
    case 'listValue':
      return (value.listValue as { values: Record<string, unknown>[] }).values.map(fromValue);
    case 'structValue': {
      const { fields } = value.structValue as { fields: Record<string, Record<string, unknown>> };
      return Object.fromEntries(Object.entries(fields).map(([key, member]) => [key, fromValue(member)]));
    }
    default:
      return value[value.kind as string];
  }
}
