import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { eventually, Scratch } from '@patchbay/objects/testing';
import { type LoopMount, mountXfs } from '@patchbay/storage/testing';

import { codeBlocks } from '../code-blocks.js';
import { read } from '../repository.js';
import { type Outcome, output, run } from './command.js';
import { Daemon } from './daemon.js';
import { type NodeDisk, qemuOptions } from './initiator.js';
import { Network } from './network.js';
import { describeSystem } from './scratch.js';
import { ServedTgtd } from './tgtd.js';

const tools = ['ip', 'mkfs.xfs', 'qemu-img', 'tgtd', 'faketime'];
const page = read('docs/guide/several-hosts.md');
const [tenCommands = '', people = ''] = codeBlocks(page, 'console');
const tokenPattern = /pb1\.[\w.-]+/g;

/** A line of the guide: who types it, and what. */
function linesOf(block: string): { readonly host: string; readonly command: string }[] {
  return block
    .trim()
    .split('\n')
    .map((line) => {
      const [, host = '', command = ''] = /^(\w+)[#$] (.+)$/.exec(line) ?? [];
      return { host, command };
    });
}

/** The machines of the guide, each with directories of its own. */
class Hosts implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly #network: Network;
  readonly #mount: LoopMount;
  readonly #daemons = new Map<string, Daemon>();
  /** The tokens that were printed and not yet typed, the newest last. */
  readonly #tokens: string[] = [];

  private constructor(scratch: Scratch, network: Network, mount: LoopMount) {
    this.#scratch = scratch;
    this.#network = network;
    this.#mount = mount;
  }

  static async start(): Promise<Hosts> {
    const scratch = await Scratch.make();
    const hosts = new Hosts(
      scratch,
      await Network.connect(['names', 'disks', 'desk']),
      await mountXfs({ sizeBytes: 400 * 2 ** 20 }),
    );
    await mkdir(join(hosts.#mount.path, 'pool'));
    await mkdir(scratch.file('desk'));
    await writeFile(scratch.file('rpcserver.yaml'), hosts.#here(codeBlocks(page, 'yaml')[0] ?? ''));
    return hosts;
  }

  at(name: string): string {
    return this.#scratch.file(name);
  }

  daemon(host: string): Daemon {
    const daemon = this.#daemons.get(host);
    if (daemon === undefined) {
      throw new Error(`no daemon was started on ${host}`);
    }
    return daemon;
  }

  /** Types a line of the guide on its host. A token that it asks for is the one of that kind that was printed last. */
  async type(host: string, line: string): Promise<string> {
    const command = this.#here(line);
    if (command.endsWith(' &')) {
      await this.#startDaemon(host, command.slice(0, -2).split(' '));
      return '';
    }
    const token = command.includes('--token -') ? (this.#tokens.pop() ?? '') : '';
    await writeFile(this.at('typed'), `${token}\n`);
    const printed = await output(
      this.#network.on(host, 'sh', '-c', `${command} <${this.at('typed')}`),
      this.#options,
    );
    this.#tokens.push(...(printed.match(tokenPattern) ?? []));
    return printed;
  }

  /** Runs a command on a host to its end, whatever that is. */
  try(host: string, ...words: readonly string[]): Promise<Outcome> {
    return run(this.#network.on(host, ...words), this.#options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of [...this.#daemons.values()].reverse()) {
      await daemon[Symbol.asyncDispose]();
    }
    await new ServedTgtd(this.at('rpcserver/objects/storage')).kill();
    // The kernel closes the files of a killed process shortly after its end.
    await eventually(async () => {
      await this.#mount[Symbol.asyncDispose]();
    });
    await this.#network[Symbol.asyncDispose]();
    await this.#scratch[Symbol.asyncDispose]();
  }

  get #options(): { readonly cwd: string; readonly environment: Readonly<Record<string, string>> } {
    return { cwd: this.at('desk'), environment: { PATCHBAY_INSECURE: '', HOME: this.at('desk') } };
  }

  async #startDaemon(host: string, words: readonly string[]): Promise<void> {
    const before = this.#daemons.get(host);
    await before?.terminate();
    const daemon = await Daemon.start(
      this.#network.on(host, ...words),
      this.at(`${host}.log`),
      this.#options.environment,
    );
    this.#daemons.set(host, daemon);
    const wanted = (before === undefined ? 0 : await this.#readyLines(daemon)) + 1;
    await daemon.ready(async () => {
      expect(await this.#readyLines(daemon)).to.be.at.least(wanted);
    });
  }

  async #readyLines(daemon: Daemon): Promise<number> {
    return (await daemon.log()).match(/server is ready/g)?.length ?? 0;
  }

  /** Returns a text of the guide with its directories in those of the test. */
  #here(text: string): string {
    return text
      .replaceAll('/var/lib/patchbay/', `${this.#scratch.path}/`)
      .replaceAll('/etc/patchbay/', `${this.#scratch.path}/`)
      .replaceAll('/srv/patchbay/', `${this.#mount.path}/`);
  }
}

describeSystem('Three hosts, by the commands of the guide', tools, () => {
  it('serve disks to each other, and none to a host that was revoked', async () => {
    await using hosts = await Hosts.start();
    const content = randomBytes(8 * 2 ** 20);
    await writeFile(hosts.at('desk/ubuntu.raw'), content);

    const printed: string[] = [];
    for (const { host, command } of linesOf(tenCommands)) {
      printed.push(await hosts.type(host, command));
    }
    expect(printed).to.have.lengthOf(10);
    expect(printed[8]).to.match(/disks +active .*storage/);
    expect(printed[9]).to.match(/user:admin +storage\.provision/);

    // The disk, as its node reads it from another host.
    const shown = await hosts.type('desk', 'rpcclient provision node7 ubuntu --json');
    const {
      target,
      initiator,
      chapUser: user,
    } = JSON.parse(shown) as {
      readonly target: Pick<NodeDisk, 'portal' | 'iqn' | 'lun'>;
      readonly initiator: string;
      readonly chapUser: string;
    };
    const credentials = await hosts.type('desk', 'rpcclient show_credentials node7 --json');
    const { chapSecret: secret } = JSON.parse(credentials) as { readonly chapSecret: string };
    const disk = { ...target, initiator, user, secret };
    const copied = await hosts.try(
      'desk',
      ...['qemu-img', 'convert', ...qemuOptions(disk), '-O', 'raw', 'read.raw'],
    );
    expect(copied).to.include({ status: 0 });
    expect((await readFile(hosts.at('desk/read.raw'))).equals(content)).to.equal(true);

    for (const { host, command } of linesOf(people)) {
      expect(await hosts.type(host, command)).to.not.equal('');
    }

    expect(await hosts.type('desk', 'nameserver list')).to.match(/storage +10\.77\.0\.2:7441/);

    // A clock that is wrong by more than a certificate allows.
    const early = await hosts.try('desk', 'faketime', '-f', '-2d', 'rpcclient', 'whoami');
    expect(early.stderr).to.match(/SERVER_NOT_EXPECTED.*the clock here says/);

    // The name server dies, and knows everything when it is back.
    await hosts.daemon('names').kill();
    await hosts.type('names', linesOf(tenCommands)[1]?.command ?? '');
    await eventually(async () => {
      expect(await hosts.type('desk', 'rpcclient list_nodes')).to.match(/node7/);
    }, 20_000);

    await hosts.type('desk', 'rpcclient identity.revoke host:disks --yes');
    const gone = await hosts.try('desk', 'rpcclient', 'list_nodes');
    expect(gone.stderr).to.match(/OBJECT_NOT_FOUND/);
    await eventually(async () => {
      expect(await hosts.daemon('disks').log()).to.match(/CERTIFICATE_REVOKED/);
    }, 20_000);

    // The machine was installed anew: it has another key, and its disks.
    await rm(hosts.at('rpcserver/identity.json'));
    await hosts.type('desk', 'rpcclient identity.replace_host disks');
    await hosts.type('disks', linesOf(tenCommands)[4]?.command ?? '');
    await hosts.type('disks', linesOf(tenCommands)[5]?.command ?? '');
    await eventually(async () => {
      expect(await hosts.type('desk', 'rpcclient list_nodes')).to.match(/node7/);
    }, 20_000);
  });
});
