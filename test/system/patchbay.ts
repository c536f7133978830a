import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

import { type NameServerMethods, nameServerObject, type Proxy } from '@patchbay/objects';
import { eventually, freePort } from '@patchbay/objects/testing';
import { type Client, connect } from '@patchbay/rpcclient';
import type { Storage } from '@patchbay/storage';
import type { LoopMount } from '@patchbay/storage/testing';

import { type CommandOptions, type Outcome, output, run } from './command.js';
import { Daemon } from './daemon.js';
import type { NodeDisk } from './initiator.js';
import { mountsBelow } from './machine.js';
import { ServedTgtd, type ShownTarget } from './tgtd.js';

/** The setup of a Patchbay. */
export interface PatchbayOptions {
  /** Mounts the filesystem of the pool; default: the pool is on that of temporary files. */
  readonly mount?: () => Promise<LoopMount>;
  /** Options of the storage object. */
  readonly storage?: Readonly<Record<string, unknown>>;
  /** Further keys of the RPC server's configuration. */
  readonly server?: Readonly<Record<string, unknown>>;
  /** Further objects of the RPC server, as in its configuration. */
  readonly objects?: readonly { readonly name: string; readonly module: string }[];
  /** The directory of the commands. Default: those of the checkout. */
  readonly programs?: string;
  /** Returns further variables of the daemons' environment, by the scratch directory. */
  readonly environment?: (directory: string) => Readonly<Record<string, string>>;
  /** Fills the scratch directory (`names`, `state`, `pool`) before the daemons start. */
  readonly furnish?: (directory: string) => Promise<void>;
}

/** The visible state of a Patchbay; equal before and after means that nothing was changed. */
export interface Kept {
  readonly images: unknown;
  readonly nodes: unknown;
  readonly snapshots: unknown;
  readonly names: readonly string[];
  readonly files: readonly string[];
  readonly targets: readonly ShownTarget[];
}

/** The daemons of Patchbay in a scratch directory, started by their commands; disposal ends them. */
export class Patchbay implements AsyncDisposable {
  readonly directory: string;
  readonly pool: string;
  readonly portal: string;
  /** The name server's address. */
  readonly nameServer: string;
  readonly tgtd: ServedTgtd;
  readonly client: Client;
  readonly storage: Proxy<Storage>;
  readonly #mount: LoopMount | undefined;
  readonly #programs: string;
  readonly #environment: Readonly<Record<string, string>>;
  /** The pids of all daemons that were started, also of those that have ended. */
  readonly pids: number[] = [];
  #names: Daemon | undefined;
  #server: Daemon | undefined;

  private constructor(places: Places, mount: LoopMount | undefined) {
    this.directory = places.directory;
    this.nameServer = places.nameServer;
    this.portal = places.portal;
    this.#programs = places.programs;
    this.#environment = places.environment;
    this.#mount = mount;
    this.pool = join(mount?.path ?? this.directory, 'pool');
    this.tgtd = new ServedTgtd(this.at('state', 'objects', 'storage'));
    this.client = connect({ nameServer: this.nameServer, insecure: true });
    this.storage = this.client.proxy<Storage>('storage');
  }

  /** Starts a name server, and an RPC server that hosts the storage object. */
  static async start(options: PatchbayOptions = {}): Promise<Patchbay> {
    const directory = await mkdtemp(join(tmpdir(), 's-'));
    const nameServer = `127.0.0.1:${String(await freePort())}`;
    const portal = `127.0.0.1:${String(await freePort())}`;
    const programs = options.programs ?? '';
    const environment = options.environment?.(directory) ?? {};
    const places = { directory, nameServer, portal, programs, environment };
    const patchbay = new Patchbay(places, await options.mount?.());
    try {
      await options.furnish?.(directory);
      await patchbay.#configure(options);
      await patchbay.startNameServer();
      await patchbay.startRpcServer();
      return patchbay;
    } catch (error) {
      await patchbay[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Returns a path in the scratch directory. */
  at(...names: readonly string[]): string {
    return join(this.directory, ...names);
  }

  get nameServerDaemon(): Daemon {
    return running(this.#names);
  }

  get rpcServerDaemon(): Daemon {
    return running(this.#server);
  }

  async startNameServer(): Promise<void> {
    this.#names = await Daemon.start(
      [
        join(this.#programs, 'nameserver'),
        'start',
        '--insecure',
        '--listen',
        this.nameServer,
        '--state-dir',
        this.at('names'),
      ],
      this.at('nameserver.log'),
      this.#environment,
    );
    this.pids.push(this.#names.pid);
    await this.#names.ready(() => this.client.describe('nameserver'));
  }

  async startRpcServer(): Promise<void> {
    this.#server = await Daemon.start(
      [join(this.#programs, 'rpcserver'), 'start', '--config', this.at('rpcserver.json')],
      this.at('rpcserver.log'),
      this.#environment,
    );
    this.pids.push(this.#server.pid);
    await this.#server.ready(() => this.storage.list_all_images());
  }

  /** Runs one of our commands to its end. */
  run(words: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    const environment = { ...options.environment, PATCHBAY_NAMESERVER: this.nameServer };
    return run(words, { ...options, environment });
  }

  rpcclient(...words: readonly string[]): Promise<Outcome> {
    return this.run(['rpcclient', ...words]);
  }

  /** Creates a qcow2 file with all bytes equal. */
  async makeSource(name: string, sizeBytes: number, byte = 0x5a): Promise<string> {
    const path = this.at(name);
    await output(['qemu-img', 'create', '-q', '-f', 'qcow2', path, String(sizeBytes)]);
    const write = `write -P ${String(byte)} 0 ${String(sizeBytes)}`;
    await output(['qemu-io', '-f', 'qcow2', '-c', write, path]);
    return path;
  }

  /** Imports an image with all bytes equal. */
  async importImage(name: string, sizeBytes: number, byte = 0x5a): Promise<void> {
    const source = await this.makeSource(`${name}.qcow2`, sizeBytes, byte);
    await this.storage.import_image(name, `server:${source}`);
  }

  /** Returns how a node logs in. */
  async diskOf(node: string): Promise<NodeDisk> {
    const { target, initiator } = await this.storage.show_node(node);
    const { chapUser, chapSecret } = await this.storage.show_credentials(node);
    if (target === undefined || initiator === undefined) {
      throw new Error(`the node ${node} has no target`);
    }
    return { ...target, initiator, user: chapUser, secret: chapSecret };
  }

  /** Provisions a node and returns how it logs in. */
  async provision(node: string, image: string): Promise<NodeDisk> {
    await this.storage.provision(node, image);
    return this.diskOf(node);
  }

  /** Returns the files of the pool by their paths in it, with their sizes. */
  async files(): Promise<readonly string[]> {
    const entries = await readdir(this.pool, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const sized = files.map(
      async (path) => `${relative(this.pool, path)} ${String((await stat(path)).size)}`,
    );
    return (await Promise.all(sized)).sort();
  }

  /** Returns the path of the image's file, which must be the only one, as its name is not that of the image. */
  async imageFile(): Promise<string> {
    const [name = '', ...more] = await readdir(join(this.pool, 'images'));
    if (more.length > 0) {
      throw new Error('the pool has several images');
    }
    return join(this.pool, 'images', name);
  }

  async kept(): Promise<Kept> {
    const nodes = await this.storage.list_nodes();
    const snapshots = await Promise.all(nodes.map(({ node }) => this.storage.list_snapshots(node)));
    const { names } = await this.client.proxy<NameServerMethods>(nameServerObject).list();
    return {
      images: await this.storage.list_all_images(),
      nodes,
      snapshots,
      names: names.map(({ name }) => name),
      files: await this.files(),
      targets: await this.tgtd.targets(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client[Symbol.asyncDispose]();
    await this.#server?.terminate();
    await this.#names?.terminate();
    await this.tgtd.kill();
    // The kernel closes the files of a killed process shortly after its end.
    await eventually(async () => {
      await this.#mount?.[Symbol.asyncDispose]();
    });
    for (const mount of await mountsBelow(this.directory)) {
      await output(['umount', mount]); // what it was furnished with
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  async #configure({ storage = {}, server = {}, objects = [] }: PatchbayOptions): Promise<void> {
    await mkdir(this.pool, { recursive: true });
    const configuration = {
      nameServer: this.nameServer,
      listen: '127.0.0.1:0',
      insecure: true,
      stateDir: this.at('state'),
      lease: '2s',
      ...server,
      objects: [
        {
          name: 'storage',
          module: '@patchbay/storage',
          options: {
            pool: this.pool,
            portal: this.portal,
            sourceDirectories: [this.directory],
            urlNetworks: ['public', '127.0.0.0/8'],
            ...storage,
          },
        },
        ...objects,
      ],
    };
    // JSON is YAML too.
    await writeFile(this.at('rpcserver.json'), JSON.stringify(configuration, null, 2));
  }
}

interface Places {
  readonly directory: string;
  readonly nameServer: string;
  readonly portal: string;
  readonly programs: string;
  /** Further variables of the daemons' environment. */
  readonly environment: Readonly<Record<string, string>>;
}

function running(daemon: Daemon | undefined): Daemon {
  if (daemon === undefined) {
    throw new Error('the daemon was not started');
  }
  return daemon;
}
