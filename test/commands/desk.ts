import { z } from 'zod';

import { connectTo } from '@patchbay/grpc/client';
import { ObjectServer } from '@patchbay/grpc/server';
import {
  type CallObserver,
  type Code,
  isCode,
  type Lease,
  type NameServerMethods,
  type ObjectDefinition,
  RpcError,
  silentLog,
  systemClock,
} from '@patchbay/objects';
import {
  arg,
  bytesSchema,
  byteStream,
  defineObject,
  Dispatcher,
  method,
  property,
} from '@patchbay/objects/define';

/** A name that would clear a terminal and forge a line. */
export const hostile = 'eve\u001b[2J\nerror: forged\u202e';

/** A value that a shell would take apart, or even run. */
export const oddTag = 'odd one;$(touch pwned)';

/** An object that shows what a command can be given and can get. */
export interface Desk {
  readonly definition: ObjectDefinition;
  /** How many calls of `wait` began, and how many were cancelled. */
  readonly waits: { begun: number; cancelled: number };
}

export function makeDesk(): Desk {
  const waits = { begun: 0, cancelled: 0 };
  const image = z.object({ name: z.string(), sizeBytes: bytesSchema(), createdAt: z.string() });
  const definition = defineObject({
    summary: 'A desk for tests',
    methods: {
      list_images: method({
        summary: 'List images',
        returns: z.array(image),
        idempotent: true,
        run: () => [
          { name: 'ubuntu', sizeBytes: 10 * 1024 ** 3, createdAt: '2026-01-02T03:04:05.678Z' },
          { name: hostile, sizeBytes: 1024, createdAt: '2026-01-02T03:04:05.678Z' },
        ],
      }),
      provision: method({
        summary: 'Give a node a disk',
        args: [
          arg('node', z.string(), 'the node'),
          arg('image', z.string(), 'the image'),
          arg('copies', z.int().optional(), 'how many'),
        ],
        options: { sizeBytes: bytesSchema().optional().describe('how large the disk is') },
        returns: z.unknown(),
        run: (node, name, copies, { sizeBytes }) => ({ node, image: name, copies, sizeBytes }),
      }),
      show_image: method({
        summary: 'Show an image',
        args: [
          arg('image', z.string().meta({ values: { method: 'list_images', field: 'name' } }), 'the image'),
        ],
        options: {
          tag: z
            .string()
            .meta({ values: { method: 'list_tags' } })
            .optional()
            .describe('which one'),
        },
        returns: z.object({ shown: z.string(), tag: z.string().optional() }),
        run: (shown, { tag }) => ({ shown, tag }),
      }),
      list_tags: method({
        summary: 'List tags, some of which a shell or a terminal would stumble over',
        returns: z.array(z.string()),
        idempotent: true,
        run: () => [oddTag, 'site@lab:7', hostile],
      }),
      why: method({
        summary: 'Return why it was called',
        returns: z.string().nullable(),
        run: ({ metadata }) => metadata.reason ?? null,
      }),
      old: method({
        summary: 'Is deprecated',
        returns: z.string(),
        deprecated: 'use why',
        run: () => 'as ever',
      }),
      ls: method({
        summary: 'Has the name of a verb',
        returns: z.string(),
        run: () => 'the method ls',
      }),
      say: method({
        summary: 'Give the words back',
        args: [arg('words', z.array(z.string()), 'the words')],
        returns: z.array(z.string()),
        run: (words) => words,
      }),
      measure: method({
        summary: 'Count the bytes of a stream',
        args: [arg('data', byteStream(), 'the bytes')],
        returns: z.object({ bytes: z.int() }),
        run: async (data) => {
          let bytes = 0;
          for await (const piece of data) {
            bytes += piece.length;
          }
          return { bytes };
        },
      }),
      give: method({
        summary: 'Give bytes and progress, and fail half-way where it shall',
        options: { fail: z.boolean().default(false).describe('fail half-way') },
        yields: z.unknown(),
        returns: z.object({ sentBytes: z.int() }),
        run: async function* ({ fail }) {
          yield { doneBytes: 0, totalBytes: 600_000 };
          for (let piece = 0; piece < 6; piece += 1) {
            if (fail && piece === 3) {
              throw new RpcError('NOT_FOUND', 'PIECE_NOT_FOUND', 'the other half is not there');
            }
            yield await Promise.resolve(Buffer.alloc(100_000, piece));
          }
          return { sentBytes: 600_000 };
        },
      }),
      take: method({
        summary: 'Give a value and a note back',
        args: [arg('value', z.looseObject({}), 'an object')],
        options: { note: z.string().optional().describe('a note') },
        returns: z.unknown(),
        run: (value, { note }) => ({ value, note }),
      }),
      shadow: method({
        summary: 'Has options that are called like those of the command',
        options: {
          timeout: z.string().optional().describe('a timeout of its own'),
          json: z.boolean().optional().describe('a switch of its own'),
        },
        returns: z.unknown(),
        run: (options) => options,
      }),
      work: method({
        summary: 'Yield progress and items, and return',
        yields: z.unknown(),
        returns: z.string(),
        run: async function* () {
          yield { doneBytes: 512, totalBytes: 1024, phase: 'converting' };
          yield 'half way';
          yield await Promise.resolve({ doneBytes: 1024, totalBytes: 1024, phase: 'converting' });
          return 'done';
        },
      }),
      quiet: method({ summary: 'Return nothing', returns: z.null(), run: () => null }),
      many: method({
        summary: 'Yield more than a pipe holds',
        yields: z.string(),
        returns: z.null(),
        run: async function* () {
          for (let line = 0; line < 20_000; line += 1) {
            yield await Promise.resolve(`line ${String(line)} ${'x'.repeat(100)}`);
          }
          return null;
        },
      }),
      fail: method({
        summary: 'Fail with a code',
        args: [arg('code', z.string(), 'the code')],
        returns: z.null(),
        run: (code) => {
          throw isCode(code)
            ? new RpcError(code satisfies Code, 'A_REASON', `failed: ${hostile}`)
            : new Error(code);
        },
      }),
      wait: method({
        summary: 'Wait until cancelled',
        returns: z.null(),
        run: async (context) => {
          waits.begun += 1;
          await new Promise((resolve) => {
            context.signal.addEventListener('abort', resolve);
          });
          waits.cancelled += 1;
          return null;
        },
      }),
    },
    properties: { size: property(bytesSchema().describe('how large the desk is'), () => 3 * 1024) },
  });
  return { definition, waits };
}

/** Serves objects in this process, registered at a name server. */
export async function serveObjects(
  nameServer: string,
  objects: Readonly<Record<string, ObjectDefinition>>,
  observer?: CallObserver,
): Promise<AsyncDisposable & { readonly address: string; readonly lease: Lease }> {
  const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog, observer });
  for (const [name, definition] of Object.entries(objects)) {
    dispatcher.host(name, definition);
  }
  const server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher });
  const claims = dispatcher.objects.names.map((name) => ({ name }));
  const lease = await register(nameServer, 'desk', server.address, claims);
  return { address: server.address, lease, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Registers names for an hour. */
export async function register(
  nameServer: string,
  serverId: string,
  address: string,
  claims: { name: string; metadata?: Record<string, string> }[],
): Promise<Lease> {
  await using client = connectTo(nameServer);
  const names = client.proxy<NameServerMethods>('nameserver');
  return await names.register(serverId, address, claims, { ttlMs: 3_600_000 });
}
