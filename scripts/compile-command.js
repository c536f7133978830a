// Leaves compiled code beside the command `rpcclient`, for the version of node that runs this: the code of a call,
// found by making one. A command that finds none, or that of another version, compiles for itself.
import { silentLog, systemClock } from '@patchbay/objects';
import { arg, defineObject, Dispatcher, method } from '@patchbay/objects/define';
import { ObjectServer } from '@patchbay/grpc/server';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { z } from 'zod';

const [folder = join('packages', 'rpcclient', 'dist')] = process.argv.slice(2);
const bin = resolve(folder, 'bin');
const main = join(
  bin,
  readdirSync(bin).find((name) => /^main-.*\.cjs$/.test(name)),
);

/** Runs in a process of its own: makes a call as the command does, and keeps what that had to compile. */
const recorder = `
  const { readFileSync, writeFileSync } = require('node:fs');
  const { dirname } = require('node:path');
  const [main, cache, ...words] = process.argv.slice(1);
  const script = new (require('node:vm').Script)(readFileSync(main, 'utf8'), { filename: main });
  process.on('exit', (status) => {
    if (status === 0) writeFileSync(cache, script.createCachedData());
  });
  process.argv = [process.execPath, main, ...words];
  const module_ = { exports: {} };
  script.runInThisContext()(module_.exports, require('node:module').createRequire(main), module_, main, dirname(main));
`;

const dispatcher = new Dispatcher({ clock: systemClock, log: silentLog });
const server = await ObjectServer.start({ listen: '127.0.0.1:0', dispatcher });
const echo = method({
  summary: 'Give a text back',
  args: [arg('text', z.string(), 'any text')],
  returns: z.string(),
  run: (text) => text,
});
const lookup = method({
  summary: 'Say where an object is',
  args: [arg('name', z.string(), 'its name')],
  returns: z.unknown(),
  run: (name) => ({
    name,
    endpoints: [{ address: server.address, serverId: 'here', leaseId: 'none' }],
    metadata: {},
    revision: 1,
    registeredAt: new Date().toISOString(),
  }),
});
dispatcher.host('nameserver', defineObject({ summary: 'A name server', methods: { lookup } }));
dispatcher.host('echo', defineObject({ summary: 'An echo', methods: { echo } }));

const cache = `${main}.${process.version}-${process.arch}.cache`;
const child = spawn(process.execPath, ['-e', recorder, main, cache, 'echo.echo', 'hello'], {
  env: { PATCHBAY_NAMESERVER: server.address, PATCHBAY_INSECURE: '1' },
  stdio: ['ignore', 'ignore', 'inherit'],
});
const [status] = await once(child, 'exit');
await server[Symbol.asyncDispose]();
process.exitCode = status ?? 1;
