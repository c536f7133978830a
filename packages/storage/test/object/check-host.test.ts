import { expect } from 'chai';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';

import { type CheckContext, systemClock } from '@patchbay/objects';
import { freePort, RecordingLog, refusal, Scratch } from '@patchbay/objects/testing';

import createStorage, { checkOptions } from '../../src/index.js';
import { warnOfLoopbackPortal } from '../../src/object/check-host.js';

/** An address that documentation alone has. */
const foreign = '192.0.2.1';

interface Host {
  readonly scratch: Scratch;
  /** An address of this host on which somebody else listens. */
  readonly taken: string;
  /** A file, and so no directory. */
  readonly file: string;
}

const refused: readonly (readonly [
  what: string,
  options: (host: Host) => object,
  reason: string,
  message: RegExp,
  path: readonly (string | number)[],
])[] = [
  ...['127.0.0.1:0', '127.0.0.1:99999', 'storage.example.org:3260', '127.1:3260', '127.0.0.1:03260'].map(
    (portal) =>
      [
        `the portal ${portal}`,
        () => ({ portal }),
        'CONFIG_INVALID',
        /portal: must be an IP address and a port, such as 127\.0\.0\.1:3260/,
        ['portal'],
      ] as const,
  ),
  [
    'a portal of another machine',
    () => ({ portal: `${foreign}:3260` }),
    'PORTAL_UNAVAILABLE',
    /cannot listen on 192\.0\.2\.1:3260: not an address of this host; name an address of this host/,
    ['portal'],
  ],
  [
    'a portal that somebody else has',
    ({ taken }) => ({ portal: taken }),
    'PORTAL_UNAVAILABLE',
    /cannot listen on 127\.0\.0\.1:\d+: address already in use; free the port/,
    ['portal'],
  ],
  [
    'a boot address that somebody else has',
    ({ taken }) => ({ boot: { listen: taken } }),
    'BOOT_UNAVAILABLE',
    /cannot serve boot scripts at 127\.0\.0\.1:\d+: address already in use; free the address/,
    ['boot', 'listen'],
  ],
  [
    'a boot address of another machine',
    () => ({ boot: { listen: `${foreign}:80` } }),
    'BOOT_UNAVAILABLE',
    /not an address of this host/,
    ['boot', 'listen'],
  ],
  [
    'a source directory that is not there',
    ({ scratch }) => ({ sourceDirectories: [scratch.path, scratch.file('nowhere')] }),
    'CONFIG_INVALID',
    /sourceDirectories: 1: \S+nowhere cannot be used: no such file or directory; create/,
    ['sourceDirectories', 1],
  ],
  [
    'a source directory that is a file',
    ({ file }) => ({ sourceDirectories: [file] }),
    'CONFIG_INVALID',
    /cannot be used: not a directory/,
    ['sourceDirectories', 0],
  ],
  [
    'a backup directory that cannot be made',
    ({ file }) => ({ backupDirectory: `${file}/backups` }),
    'CONFIG_INVALID',
    /backupDirectory: \S+ cannot be used: not a directory; name a directory that can be written/,
    ['backupDirectory'],
  ],
  [
    'a pool that is a file',
    ({ file }) => ({ pool: file }),
    'CONFIG_INVALID',
    /pool: \S+ cannot be used: not a directory/,
    ['pool'],
  ],
];

describe('the options of the storage object, held against its host', () => {
  let host: Host;
  let neighbour: Server;
  let context: CheckContext;

  beforeEach(async () => {
    const scratch = await Scratch.make();
    neighbour = createServer().listen(0, '127.0.0.1');
    await once(neighbour, 'listening');
    const { port } = neighbour.address() as { readonly port: number };
    const file = scratch.file('file');
    await writeFile(file, '');
    host = { scratch, file, taken: `127.0.0.1:${String(port)}` };
    context = { name: 'storage', stateDir: scratch.file('state'), listen: '127.0.0.1:0', isServing: false };
  });

  afterEach(async () => {
    neighbour.close();
    await host.scratch[Symbol.asyncDispose]();
  });

  async function given(options: object): Promise<object> {
    return { pool: host.scratch.file('pool'), portal: `127.0.0.1:${String(await freePort())}`, ...options };
  }

  function start(options: object): Promise<unknown> {
    const { signal } = new AbortController();
    return createStorage(options, { ...context, clock: systemClock, log: new RecordingLog(), signal });
  }

  for (const [what, options, reason, message, path] of refused) {
    it(`refuse ${what}, in the same words at a check and at the start, which changes nothing`, async () => {
      const wrong = await given(options(host));
      const error = await refusal(checkOptions(wrong, context));
      expect(error.reason).to.equal(reason);
      expect(error.message).to.match(message);
      expect(error.details.issues).to.have.nested.property('[0].path').that.deep.equals(path);
      expect((await refusal(start(wrong))).message).to.equal(error.message);
      expect(await readdir(host.scratch.path)).to.deep.equal(['file']);
    });
  }

  it('may name what the server itself listens on', async () => {
    const { taken } = host;
    const serving = { ...context, isServing: true };
    await checkOptions(await given({ portal: taken }), serving);
    await checkOptions(await given({ boot: { listen: taken } }), serving);
  });

  it('are refused when two objects of a configuration, or the object and its server, listen on one address', async () => {
    const portal = `127.0.0.1:${String(await freePort())}`;
    const port = portal.replace('127.0.0.1:', '');
    const addresses = new Map<string, string>();
    await checkOptions(await given({ portal }), { ...context, name: 'first', addresses });
    const second = { ...context, name: 'second', addresses };
    const refusedFor = async (options: object, given = second): Promise<unknown[]> =>
      ((await refusal(checkOptions(options, given))).details.issues as { message: string }[]).map(
        ({ message }) => message,
      );

    expect(await refusedFor(await given({ portal: `0.0.0.0:${port}` }))).to.deep.equal([
      `portal of the object "first" listens on 0.0.0.0:${port}, too; choose another port`,
    ]);
    const both = { portal, boot: { listen: portal } };
    const own = { ...context, name: 'own', listen: ['unix:/run/socket', portal] };
    expect(await refusedFor(await given(both), { ...own, listen: [], addresses: new Map() })).to.deep.equal([
      `portal of the object "own" listens on ${portal}, too; choose another port`,
    ]);
    expect(await refusedFor(await given({ portal }), { ...own, addresses: new Map() })).to.deep.equal([
      `the server listens on ${portal}, too; choose another port`,
    ]);
  });

  it('are fine where the host has everything', async () => {
    const { scratch } = host;
    const options = {
      boot: { listen: '127.0.0.1:0' },
      sourceDirectories: [scratch.path],
      backupDirectory: scratch.file('to/be/made'),
    };
    await checkOptions(await given(options), context);
    expect(await readdir(scratch.path)).to.deep.equal(['file']);
  });

  const portals: readonly (readonly [
    portal: string,
    listen: string,
    boot: string | undefined,
    warns: boolean,
  ])[] = [
    ['127.0.0.1:3260', '127.0.0.1:7441', undefined, false],
    ['127.0.0.1:3260', '10.0.0.1:7441', undefined, true],
    ['[::1]:3260', '[::]:7441', undefined, true],
    ['127.0.0.1:3260', '127.0.0.1:7441', '0.0.0.0:7480', true],
    ['10.0.0.1:3260', '10.0.0.1:7441', '0.0.0.0:7480', false],
  ];
  for (const [portal, listen, boot, warns] of portals) {
    it(`${warns ? 'warn' : 'do not warn'} of the portal ${portal} of a server at ${listen}, boot at ${String(boot)}`, () => {
      const log = new RecordingLog();
      const endpoint = boot === undefined ? undefined : { listen: boot, networks: [], token: false };
      warnOfLoopbackPortal({ portal, boot: endpoint }, listen, log);
      expect(log.lines.length).to.equal(warns ? 1 : 0);
    });
  }
});
