import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { eventually, freePort, refusal, requireTools } from '@patchbay/objects/testing';

import { type Exec, execTool } from '../../src/exec.js';
import type { TargetConnection, TargetSpec, TargetState } from '../../src/targets/target-host.js';
import type { TgtHost } from '../../src/targets/tgt/tgt-host.js';
import { warnIfVulnerable } from '../../src/targets/tgt/tgt-hosts.js';
import { inquire } from './initiators.js';
import { Scene } from './scene.js';

describe('the supervisor of a tgtd of our own', function () {
  this.timeout(60_000);

  let scene: Scene;
  before(function () {
    requireTools(this, 'tgtd', 'iscsi-inq', 'qemu-io');
  });
  beforeEach(async () => {
    scene = await Scene.create();
  });
  afterEach(async () => {
    await scene[Symbol.asyncDispose]();
  });

  it('listens on the requested portal and on nothing else', async () => {
    const host = await scene.startHost();
    expect(await listening(host.pid)).to.deep.equal([scene.portal]);
  });

  it('refuses a portal whose port is taken, and leaves nothing running', async () => {
    const port = await freePort();
    const squatter = createServer().listen(port, '127.0.0.1');
    try {
      const error = await refusal(scene.startHost({ portal: `127.0.0.1:${String(port)}` }));
      expect(error.reason).to.equal('PORTAL_UNAVAILABLE');
      expect(error.message).to.include('already in use').and.include('systemctl disable');
      expect(await scene.daemon()).to.equal(undefined);
    } finally {
      squatter.close();
    }
  });

  it("refuses a portal of another machine's address, and leaves nothing running", async () => {
    const error = await refusal(scene.startHost({ portal: '192.0.2.1:3260' }));
    expect(error.reason).to.equal('PORTAL_UNAVAILABLE');
    expect(await scene.daemon()).to.equal(undefined);
  });

  it('refuses a state directory whose path is too long for a socket', async () => {
    const error = await refusal(scene.startHost({ stateDir: join(scene.dir, 'x'.repeat(100)) }));
    expect(error.reason).to.equal('CONFIG_INVALID');
  });

  it('ends its daemon with `onStop: stop`, and leaves no socket behind', async () => {
    const host = await scene.startHost({ onStop: 'stop' });
    await host.ensureExported(await scene.disk(1));
    await host[Symbol.asyncDispose]();
    expect(await scene.daemon()).to.equal(undefined);
    expect(await readdir(join(scene.dir, 'tgt'))).to.deep.equal(['tgtd.log']);
  });

  describe('after a restart of ours', () => {
    it('adopts the daemon and leaves its sessions alone', async () => {
      const first = await scene.startHost({ onStop: 'keep' });
      const spec = await scene.disk(1);
      await first.ensureExported(spec);
      const disk = await scene.open(spec);
      await disk.use(1);
      const before = await first.list();
      const { pid } = first;
      await first[Symbol.asyncDispose]();
      await disk.use(2);

      const second = await scene.startHost();
      await second.ensureExported(spec);
      expect(second.pid).to.equal(pid);
      // tgtd does not tell since when a session exists.
      const connectionsOf = ({ connections }: TargetState): readonly TargetConnection[] =>
        connections.map(({ initiator, address, sid, cid }) => ({ initiator, address, sid, cid }));
      expect(await second.list()).to.deep.equal(
        before.map((target) => ({ ...target, connections: connectionsOf(target) })),
      );
      await disk.use(3);
    });

    it('adopts the daemon of a process that was killed', async () => {
      const spec = await scene.disk(1);
      const program = fileURLToPath(new URL('host-process.js', import.meta.url));
      const child = spawn(process.execPath, [program, scene.dir, scene.portal, JSON.stringify(spec)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [pid] = (await once(child.stdout, 'data')) as [Buffer];
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await inquire(scene.portal, spec)).to.include('Product:VIRTUAL-DISK');
      expect((await scene.startHost()).pid).to.equal(Number(pid.toString()));
    });

    it('notices that a secret was changed while it was down', async () => {
      const first = await scene.startHost({ onStop: 'keep' });
      const spec = await scene.disk(1);
      await first.ensureExported(spec);
      await first[Symbol.asyncDispose]();
      const changed = { ...spec, chap: { ...spec.chap, secret: 'changed-secret' } };
      await (await scene.startHost()).ensureExported(changed);
      expect(await inquire(scene.portal, changed)).to.include('Product:VIRTUAL-DISK');
    });

    it('moves a daemon to another portal, and leaves its sessions alone', async () => {
      const first = await scene.startHost({ onStop: 'keep' });
      const spec = await scene.disk(1);
      await first.ensureExported(spec);
      const disk = await scene.open(spec);
      await disk.use(1);
      const { pid } = first;
      await first[Symbol.asyncDispose]();

      // The second one overlaps with the first, so that both cannot be listened on at once.
      for (const portal of [
        `127.0.0.1:${String(await freePort())}`,
        scene.portal.replace('127.0.0.1', '0.0.0.0'),
      ]) {
        await using host = await scene.startHost({ portal, onStop: 'keep' });
        expect(host.pid).to.equal(pid);
        expect(await listening(pid)).to.deep.equal([portal]);
        await disk.use(2);
        expect(await inquire(portal.replace('0.0.0.0', '127.0.0.1'), spec)).to.include(
          'Product:VIRTUAL-DISK',
        );
      }
    });

    it('leaves a daemon serving where it did when it cannot listen on another portal', async () => {
      const first = await scene.startHost({ onStop: 'keep' });
      const spec = await scene.disk(1);
      await first.ensureExported(spec);
      const disk = await scene.open(spec);
      const { pid } = first;
      await first[Symbol.asyncDispose]();
      const portal = '192.0.2.1:3260';
      const error = await refusal(scene.startHost({ portal }), 'PORTAL_UNAVAILABLE');
      expect(error.message)
        .to.include(`listen on ${portal}: `)
        .and.include('Cannot assign requested address');
      expect(await listening(pid)).to.deep.equal([scene.portal]);
      await disk.use(1);
      expect(await inquire(scene.portal, spec)).to.include('Product:VIRTUAL-DISK');
    });

    it('replaces a daemon that does not respond', async () => {
      const first = await scene.startHost({ onStop: 'keep' });
      const { pid } = first;
      await first[Symbol.asyncDispose]();
      process.kill(pid, 'SIGSTOP');
      expect((await scene.startHost({ answerTimeoutMs: 300 })).pid).to.not.equal(pid);
    });

    it('rebuilds a daemon that its predecessor left held back', async () => {
      const first = await scene.startHeldBack({ onStop: 'keep' });
      await first[Symbol.asyncDispose]();
      const second = await scene.startHeldBack();
      const spec = await scene.disk(1);
      await second.onRestart(() => second.ensureExported(spec));
      expect(await inquire(scene.portal, spec)).to.include('Product:VIRTUAL-DISK');
    });
  });

  describe('killed', () => {
    it('is restarted with its targets, and an initiator continues where it was', async () => {
      const host = await scene.startHeldBack();
      const spec = await scene.disk(1);
      await host.onRestart(() => host.ensureExported(spec));
      const disk = await scene.open(spec);
      await disk.use(1);
      const { pid } = host;
      process.kill(pid, 'SIGKILL');
      await disk.use(2);
      expect(host.pid).to.not.equal(pid);
      expect((await host.list()).map(({ iqn }) => iqn)).to.deep.equal([spec.iqn]);
    });

    it('holds its service back until everything is rebuilt', async () => {
      const host = await scene.startHeldBack();
      const spec = await scene.disk(1);
      const rebuild = new Rebuild(host, spec);
      const open = host.onRestart(rebuild.run);
      await eventually(() => rebuild.runs === 1);
      rebuild.resume();
      await open;
      const { pid } = host;
      process.kill(pid, 'SIGKILL');
      await eventually(() => rebuild.runs === 2);
      const meanwhile = await inquire(scene.portal, spec);
      rebuild.resume();
      await eventually(async () => (await inquire(scene.portal, spec)).includes('Product:VIRTUAL-DISK'));
      // An initiator gives up for good when it is told that a target does not exist.
      expect(meanwhile).to.not.include('Target not found').and.not.include('Product');
    });

    it('retries a failed rebuild, and serves no initiator before it has succeeded', async () => {
      const host = await scene.startHeldBack();
      let runs = 0;
      const states: string[] = [];
      await host.onRestart(async () => {
        states.push(await scene.tgtadm().systemState());
        if (++runs < 3) {
          throw new Error('the catalog is not there yet');
        }
      });
      expect(states).to.deep.equal(['offline', 'offline', 'offline']);
      expect(await scene.tgtadm().systemState()).to.equal('ready');
      expect(scene.log.lines.filter(({ level }) => level === 'error').length).to.equal(2);
    });

    it('reports that the tool is unavailable while there is no daemon', async () => {
      const host = await scene.startHost();
      process.kill(host.pid, 'SIGKILL');
      const error = await refusal(host.list());
      expect(error.reason).to.equal('TARGET_TOOL_UNAVAILABLE');
    });
  });

  describe('stopped, so that it runs but does not respond', () => {
    const liveness = { degradedMs: 200, restartMs: 60_000 };

    it('counts as degraded, refuses commands at once, and is ready again when it responds', async () => {
      const host = await scene.startHost({ liveness });
      const { pid } = host;
      process.kill(pid, 'SIGSTOP');
      await eventually(() => host.state === 'degraded');
      const askedMs = performance.now();
      expect((await refusal(host.list())).reason).to.equal('TARGET_TOOL_UNAVAILABLE');
      expect(performance.now() - askedMs).to.be.lessThan(1000);
      expect(
        scene.log.lines.some(({ level, message }) => level === 'error' && message.includes('degraded')),
      ).to.equal(true);
      process.kill(pid, 'SIGCONT');
      await eventually(() => host.state === 'ready');
      expect(await host.list()).to.deep.equal([]);
      expect(host.pid).to.equal(pid);
    });

    it('is replaced when it stays so, and its initiator continues', async () => {
      const host = await scene.startHeldBack({ liveness: { degradedMs: 200, restartMs: 1000 } });
      const spec = await scene.disk(1);
      await host.onRestart(() => host.ensureExported(spec));
      const disk = await scene.open(spec);
      await disk.use(1);
      const { pid } = host;
      process.kill(pid, 'SIGSTOP');
      await disk.use(2);
      expect(host.pid).to.not.equal(pid);
      expect(host.state).to.equal('ready');
    });
  });

  for (const [version, warned] of [
    ['1:1.0.85-1', true],
    ['1:1.0.85-1+deb12u1', false],
    ['1:1.0.92-1', false],
  ] as const) {
    it(`${warned ? 'warns of' : 'accepts'} tgt ${version} (CVE-2024-45751)`, async function () {
      requireTools(this, 'dpkg');
      const { log } = scene;
      const exec: Exec = (file, args, options) =>
        file === 'dpkg-query'
          ? Promise.resolve({ stdout: version, stderr: '', exitCode: 0 })
          : execTool(file, args, options);
      await warnIfVulnerable({ exec, log });
      expect(scene.log.lines.some(({ message }) => message.includes('CVE-2024-45751'))).to.equal(warned);
    });
  }
});

/** A rebuild that blocks until it is resumed. */
class Rebuild {
  runs = 0;
  #resume: () => void = () => undefined;
  readonly #host: TgtHost;
  readonly #spec: TargetSpec;

  constructor(host: TgtHost, spec: TargetSpec) {
    this.#host = host;
    this.#spec = spec;
  }

  readonly run = async (): Promise<void> => {
    const resumed = new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
    this.runs++;
    await resumed;
    await this.#host.ensureExported(this.#spec);
  };

  resume(): void {
    this.#resume();
  }
}

/** Returns the `address:port` of each TCP socket on which a process listens. */
async function listening(pid: number): Promise<readonly string[]> {
  const dir = `/proc/${String(pid)}`;
  const links = (await readdir(`${dir}/fd`)).map((fd) => readlink(`${dir}/fd/${fd}`).catch(() => ''));
  const mine = new Set(await Promise.all(links));
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`${dir}/net/${name}`, 'latin1')));
  return tables
    .flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && mine.has(`socket:[${inode ?? ''}]`))
    .map(([, local = '']) => {
      const [address = '', port = ''] = local.split(':');
      return `${[...Buffer.from(address, 'hex')].reverse().join('.')}:${String(parseInt(port, 16))}`;
    });
}
