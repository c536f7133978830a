import { expect } from 'chai';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type NameServerMethods, nameServerObject } from '@patchbay/objects';
import { eventually, freePort } from '@patchbay/objects/testing';

import { output, run } from '../system/command.js';
import { useDisk } from '../system/initiator.js';
import { Patchbay } from '../system/patchbay.js';
import { describeSystem } from '../system/scratch.js';
import { shared } from '../system/shared.js';
import { type Contents, contentsOf, storageOptions } from './contents.js';
import { commits, type FixtureName, makeNewer, recorded, unpack } from './fixture.js';

const tools = ['tgtd', 'tgtadm', 'qemu-img', 'qemu-io', 'xz'];
const storageState = join('state', 'objects', 'storage');
const backup = join(storageState, 'backups', 'before-upgrade.sqlite');
const lists = ['images', 'nodes', 'credentials', 'disks', 'trash', 'snapshots', 'schedules', 'history'];

/** Starts the daemons of this version on state of an older one. */
function start(
  commit: string,
  name: FixtureName,
  change?: (directory: string) => Promise<void>,
): Promise<Patchbay> {
  return Patchbay.start({
    storage: storageOptions,
    furnish: async (directory) => {
      await unpack(commit, name, directory);
      await change?.(directory);
    },
  });
}

/** Asks by the command, as users' scripts do. */
function contents(patchbay: Patchbay): Promise<Contents> {
  return contentsOf(async (method, ...args) => {
    const { status, stdout, stderr } = await patchbay.rpcclient(method, ...args, '--json');
    expect(status, stderr).to.equal(0);
    return JSON.parse(stdout) as unknown;
  });
}

/** What depends on the moment, on the filesystem and on the ports of a test. */
const fleeting = ['usedBytes', 'connected', 'nextAt', 'lastAt', 'thing', 'deletedAt'];

/** Reduces rows to the fields that the older version had, and to what lasts of them. */
function lasting(rows: Contents[string] = [], older: Contents[string] = []): unknown[] {
  const fields = new Set(older.flatMap((row) => Object.keys(row)).filter((key) => !fleeting.includes(key)));
  return rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([key]) => fields.has(key))
        .map(([key, value]) => [key, key === 'target' ? { ...(value as object), portal: '' } : value]),
    ),
  );
}

interface NamesRow {
  readonly name: string;
  readonly endpoints: readonly object[];
}

interface NewerState {
  readonly what: string;
  readonly file: string;
  /** Makes it look newer. Default: `makeNewer`. */
  readonly make?: (file: string) => Promise<void>;
  /** Returns the command that reads it. */
  readonly command: (directory: string) => Promise<readonly string[]>;
}

const newer: readonly NewerState[] = [
  {
    what: 'a registry',
    file: join('names', 'store.sqlite'),
    command: async (directory) => [
      ...[
        'nameserver',
        'start',
        '--insecure',
        '--listen',
        '127.0.0.1:0',
        '--state-dir',
        join(directory, 'names'),
      ],
    ],
  },
  {
    what: 'a catalog',
    file: join(storageState, 'catalog', 'store.sqlite'),
    command: async (directory) => {
      const options = { pool: join(directory, 'pool'), portal: `127.0.0.1:${String(await freePort())}` };
      const objects = [{ name: 'storage', module: '@patchbay/storage', options }];
      const settings = { listen: '127.0.0.1:0', insecure: true, stateDir: join(directory, 'state'), objects };
      await writeFile(join(directory, 'rpcserver.json'), JSON.stringify(settings));
      return ['rpcserver', 'start', '--config', join(directory, 'rpcserver.json')];
    },
  },
  {
    what: 'a copy of the catalog',
    file: backup,
    command: async (directory) => restoring(directory, backup),
  },
  {
    what: 'a backup',
    file: 'newer.jsonl',
    make: (file) => writeFile(file, '{"backup":1001,"revision":1}\n{"entries":0}\n'),
    command: async (directory) => restoring(directory, 'newer.jsonl'),
  },
];

function restoring(directory: string, file: string): readonly string[] {
  return [
    ...['patchbay-storage', 'restore', join(directory, file)],
    ...['--state-dir', join(directory, storageState)],
  ];
}

async function expectSound(patchbay: Patchbay): Promise<void> {
  await eventually(async () => {
    const states = (await patchbay.storage.list_nodes()).map(({ state }) => state);
    expect(new Set(states)).to.deep.equal(new Set(['ready', 'detached']));
  }, 30_000);
  expect(await patchbay.storage.fsck()).to.deep.equal([]);
}

/** What must hold of everything that a commit's fixture `whole` has. */
function describeContents(commit: string, patchbay: () => Patchbay): void {
  let before: Contents;
  let now: Contents;

  it('has nothing wrong with it', async () => {
    await expectSound(patchbay());
    before = await recorded(commit, 'whole');
    now = await contents(patchbay());
    expect(now).to.have.all.keys(lists);
  });

  for (const list of lists) {
    it(`has the same ${list}`, () => {
      expect(lasting(now[list], before[list])).to.include.deep.members(lasting(before[list], before[list]));
    });
  }
}

for (const commit of commits) {
  describeSystem(`State that ${commit} has left`, tools, () => {
    const patchbay = shared(() => start(commit, 'whole'));

    describeContents(commit, patchbay);

    it('keeps the identity of the RPC server', async () => {
      const { names } = await patchbay().client.proxy<NameServerMethods>(nameServerObject).list();
      const id = (await readFile(patchbay().at('state', 'server-id'), 'utf8')).trim();
      expect(new Set(names.map(({ endpoints }) => endpoints[0]?.serverId))).to.deep.equal(new Set([id]));
    });

    it('serves the disks with their data', async () => {
      await useDisk(await patchbay().diskOf('web1'), 'read -P 0x5a 0 64k');
      await useDisk(await patchbay().diskOf('temporary'), 'read -P 0x31 0 64k');
    });

    it('is worked on', async () => {
      const { storage } = patchbay();
      await storage.provision('new', 'golden');
      await storage.provision('kept', 'ubuntu');
      await storage.restore_snapshot('web1', 'after');
      await storage.rotate_credentials('web2');
      await storage.detach_node('taker');
      await storage.delete_snapshot('new-name', 'kept');
      await expectSound(patchbay());
    });
  });

  describeSystem(`Operations that ${commit} has left half-done`, tools, () => {
    const patchbay = shared(() => start(commit, 'cut-short'));

    it('leave the names of those that nobody has stopped', async () => {
      const { names } = await recorded(commit, 'cut-short');
      const { stdout } = await patchbay().run(['nameserver', 'list', '--json']);
      const registered = (rows: Contents[string] = []): NamesRow[] =>
        (lasting(rows, names) as NamesRow[]).filter(
          ({ name }) => name !== 'storage' && !name.startsWith('calls.'),
        );
      // A name that was registered before names had owners is this machine's.
      const owned = registered(names).map(({ endpoints, ...row }) => ({
        ...row,
        endpoints: endpoints.map((endpoint) => ({ ...endpoint, host: 'local' })),
      }));
      expect(registered(JSON.parse(stdout) as Contents[string])).to.deep.equal(owned);
    });

    it('are done or undone', async () => {
      await expectSound(patchbay());
      const now = await contents(patchbay());
      const { nodes: atRest = [] } = await recorded(commit, 'whole');
      const states = new Map(now.nodes?.map(({ node, state }) => [node, state]));
      expect(states).to.deep.equal(
        new Map([
          ...atRest.map(({ node, state }): [unknown, unknown] => [node, state]),
          ['attaching', 'detached'],
          ['detaching', 'detached'],
          ['growing', 'ready'],
          ['rotating', 'ready'],
        ]),
      );
      expect(now.nodes?.find(({ node }) => node === 'growing')).to.include({ sizeBytes: 128 * 1024 });
      const { images = [], snapshots = [] } = await recorded(commit, 'whole');
      expect(now.images?.map(({ name }) => name)).to.deep.equal(images.map(({ name }) => name));
      expect(now.snapshots?.map(({ name }) => name)).to.include.members(snapshots.map(({ name }) => name));
      expect(now.snapshots?.map(({ name }) => name)).not.to.include('unwanted');
      expect(now.trash?.map(({ node }) => node)).to.have.members(['trashed', 'trashing']);
    });
  });

  describeSystem(`A backup that ${commit} has taken`, tools, () => {
    const patchbay = shared(() =>
      start(commit, 'whole', async (directory) => {
        await rm(join(directory, storageState, 'catalog'), { recursive: true });
        await output(restoring(directory, backup));
      }),
    );

    before(async () => {
      expect(await patchbay().storage.confirm_restore()).to.deep.equal({ confirmed: true });
    });

    describeContents(commit, patchbay);
  });

  describeSystem(`What a newer version than this has made of ${commit}'s state`, tools, () => {
    for (const { what, file, command, make = makeNewer } of newer) {
      it(`is refused and left as it is: ${what}`, async () => {
        const directory = await mkdtemp(join(tmpdir(), 'newer-'));
        try {
          await unpack(commit, 'whole', directory);
          await make(join(directory, file));
          const before = await readFile(join(directory, file));

          const { status, stdout, stderr } = await run(await command(directory));

          expect(status, stdout + stderr).to.equal(5);
          expect(stdout + stderr).to.include('STORE_VERSION_NEWER');
          expect(await readFile(join(directory, file))).to.deep.equal(before);
        } finally {
          await rm(directory, { recursive: true });
        }
      });
    }
  });
}
