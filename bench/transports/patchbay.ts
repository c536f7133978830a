import { createWriteStream } from 'node:fs';
import { z } from 'zod';

import { createLogger, streamDestination } from '@patchbay/daemon';
import { connectTo } from '@patchbay/grpc/client';
import { ObjectServer, type ObjectServerOptions } from '@patchbay/grpc/server';
import {
  type Interceptor,
  type Log,
  logCalls,
  type LoggedCalls,
  type ObjectDefinition,
  type SignaturesOf,
  silentLog,
  systemClock,
} from '@patchbay/objects';
import { arg, defineObject, Dispatcher, method } from '@patchbay/objects/define';
import type { ObjectClient } from '@patchbay/session/client';

import type { Echo, Transport } from '../transport.js';

const passOn: Interceptor = (_call, next) => next();
const word = z.string().max(256);
const record = z.object({
  name: word,
  image: word,
  initiator: word,
  target: word,
  portal: word,
  created: word,
  updated: word,
  state: word,
  pool: word,
  owner: word,
  sizeBytes: z.int(),
  usedBytes: z.int(),
  targetId: z.int(),
  lun: z.int(),
  sessions: z.int(),
  load: z.number(),
  temperature: z.number(),
  online: z.boolean(),
  readOnly: z.boolean(),
  thin: z.boolean(),
});

const checked = defineObject({
  summary: 'Echo',
  methods: {
    text: method({
      summary: 'Give a text back',
      args: [arg('text', z.string().max(1_000_000), 'any text')],
      returns: z.string(),
      run: (text) => text,
    }),
    record: method({
      summary: 'Give a record back',
      args: [arg('record', record, 'a record of twenty fields')],
      returns: record,
      run: (given) => given,
    }),
  },
});

const unchecked = defineObject({
  summary: 'Echo whatever comes',
  methods: {
    text: method({
      summary: 'Give it back',
      args: [arg('it', z.unknown(), 'anything')],
      returns: z.unknown(),
      run: (it) => it,
    }),
    record: method({
      summary: 'Give it back',
      args: [arg('it', z.unknown(), 'anything')],
      returns: z.unknown(),
      run: (it) => it,
    }),
  },
});

/** A Patchbay call on an open session, with names, validation of arguments and result, and a deadline. */
export const patchbay: Transport = session(() => serveEcho(checked, silentLog));

/** The same with a client that spins while it waits. */
export const spinning: Transport = session(() => serveEcho(checked, silentLog), 100);

/** The same without validation. */
export const nothingChecked: Transport = session(() => serveEcho(unchecked, silentLog));

/** The same as in a daemon: validation, interceptors on both sides, and its log at info, which gets failures. */
export const everything: Transport = session(() => serveLogging('failed'), 0, [passOn]);

/** The same with a line in the log for each call. */
export const everyCallLogged: Transport = session(() => serveLogging('all'), 0, [passOn]);

function serveLogging(calls: LoggedCalls): Promise<number> {
  const destination = streamDestination(createWriteStream('/dev/null'));
  const log = createLogger({ level: 'info', format: 'json', destination });
  return serveEcho(checked, log, [logCalls({ log, clock: systemClock, calls })]);
}

/** Serves an object as `echo` and returns the port. */
export async function serveEcho(
  object: ObjectDefinition = checked,
  log: Log = silentLog,
  interceptors: readonly Interceptor[] = [],
  listen = '127.0.0.1:0',
  more: Partial<ObjectServerOptions> = {},
): Promise<number> {
  const dispatcher = new Dispatcher({ clock: systemClock, log, interceptors });
  dispatcher.host('echo', object);
  const server = await ObjectServer.start({ listen, dispatcher, ...more });
  return Number(server.address.slice(server.address.lastIndexOf(':') + 1));
}

function session(
  serve: () => Promise<number>,
  spinUs = 0,
  interceptors: readonly Interceptor[] = [],
): Transport {
  return {
    serve,
    connect: (port) => {
      const client = connectTo(`127.0.0.1:${String(port)}`, { spinUs, interceptors });
      return Promise.resolve(echoOf(client));
    },
  };
}

/** Returns what calls the object that `serveEcho` serves. */
export function echoOf(client: ObjectClient): Echo {
  const remote = client.proxy<SignaturesOf<typeof unchecked>>('echo');
  return (payload) => (typeof payload === 'string' ? remote.text(payload) : remote.record(payload));
}
