import {
  arg,
  bytesSchema,
  type Code,
  defineObject,
  Dispatcher,
  isCode,
  type Lease,
  method,
  type NameServerMethods,
  type ObjectDefinition,
  RpcError,
  silentLog,
  systemClock,
} from '@patchbay/core';
import { connectTo, ObjectServer } from '@patchbay/core/wire';
import { z } from 'zod';

/** A name that would clear a terminal and forge a line. */
export const hostile = 'eve\u001b[2J\nerror: forged\u202e';

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
      say: method({
        summary: 'Give the words back',
        args: [arg('words', z.array(z.string()), 'the words')],
        returns: z.array(z.string()),
        run: (words) => words,
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
  });
  return { definition, waits };
}

/** Serves objects in this process, registered at a name server. */
export async function serveObjects(
  nameServer: string,
  objects: Readonly<Record<string, ObjectDefinition>>,
): Promise<AsyncDisposable & { readonly address: string; readonly lease: Lease }> {
  const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
  for (const [name, definition] of Object.entries(objects)) {
    dispatcher.host(name, definition);
  }
  const server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher });
  const claims = dispatcher.names.map((name) => ({ name }));
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
