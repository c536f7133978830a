import { expect } from 'chai';

import { eventually } from '@patchbay/objects/testing';

import type { NodeDisk } from '../system/initiator.js';
import { describeSystem } from '../system/scratch.js';
import { shared } from '../system/shared.js';
import { bringBroken, bringKit, bringVersion, type Kit } from './kit.js';
import { Machine } from './machine.js';
import {
  expectCallers,
  importImage,
  ourFiles,
  provision,
  tgtdPid,
  useDisk,
  whileWriting,
} from './storage-host.js';

const tools = ['unshare', 'nsenter', 'systemd-analyze', 'tgtd', 'qemu-img', 'qemu-io'];
const units = [
  'patchbay-nameserver.service',
  'patchbay-rpcserver.service',
  'patchbay-host.service',
  'patchbay-tgtd.service',
  'patchbay.target',
];

describeSystem('A storage host under systemd', tools, () => {
  let kit: Kit;
  let disk: NodeDisk;
  const machine = shared(async () => {
    const made = await Machine.boot('systemd');
    kit = await bringKit(made);
    return made;
  });

  async function mainPid(daemon: string): Promise<number> {
    return Number(await machine().shell(`systemctl show --value -p MainPID patchbay-${daemon}`));
  }

  it('gets units in a tree, without a change of the host, that systemd finds sound', async () => {
    await machine().shell(`cp -a --parents /usr/lib/systemd/system /srv/files/ && mkdir -p /srv/files/tree &&
      mv /srv/files/usr /srv/files/tree/usr && mkdir -p /srv/files/tree/bin && cp /bin/kill /bin/true /srv/files/tree/bin`);
    const before = await machine().changes();
    await machine().shell(`${kit.installer} --prefix /srv/files/tree --init systemd`);
    expect(await machine().changes()).to.deep.equal(before);
    const { status, stdout, stderr } = await machine().sh(
      `cd /srv/files/tree/usr/lib/systemd/system && systemd-analyze verify --root=/srv/files/tree ${units.join(' ')}`,
    );
    expect(stdout + stderr).to.equal('');
    expect(status).to.equal(0);
  });

  for (const [unit, most] of Object.entries({ nameserver: 2, rpcserver: 4, host: 3 })) {
    it(`exposes little to the ${unit}: less than ${String(most)} of 10`, async () => {
      const told = await machine().shell(
        `systemd-analyze security --offline=true --root=/srv/files/tree --no-pager patchbay-${unit}.service`,
      );
      const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(told)?.[1];
      expect(Number(exposure)).to.be.below(most);
    });
  }

  it('is made by the installer, and left as it is by a second run', async () => {
    expect(await machine().shell(kit.installer)).to.include(
      'Patchbay 0.1.0 is installed, runs and is healthy.',
    );
    expect(await machine().shell(kit.installer)).to.equal('nothing to change: Patchbay 0.1.0 is installed\n');
    expect(
      await machine().shell('systemctl is-enabled patchbay.target patchbay-nameserver patchbay-rpcserver'),
    ).to.equal('enabled\nenabled\nenabled\n');
    const names = await mainPid('nameserver');
    expect((await machine().shell(`ps -o user= -p ${String(names)}`)).trim()).to.equal('patchbay');
    expect(await machine().shell(`grep CapEff /proc/${String(names)}/status`)).to.match(/\t0{16}\n$/);
  });

  it('has the agent of the host, which waits for jobs once an administrator enables it', async () => {
    const { stdout } = await machine().sh(
      'systemctl is-enabled patchbay-host; systemctl is-active patchbay-host',
    );
    expect(stdout).to.equal('disabled\ninactive\n');
    await machine().shell('systemctl enable --now patchbay-host');
    const status = await eventually(async () => {
      const said = await machine().shell('patchbay-host status --json');
      expect(said).to.match(/"connection":"lost"/);
      return JSON.parse(said) as Record<string, unknown>;
    });
    expect(status).to.include({ agent: 'running', pid: await mainPid('host'), slots: 4 });
    expect(status.why).to.match(/no object "jobs" is registered/);
    await machine().shell('systemctl disable --now patchbay-host');
  });

  it('can be called by root and by members of patchbay-admin, and by nobody else', async () => {
    await expectCallers(machine());
  });

  it('gives a node its disk', async () => {
    await importImage(machine(), 'ubuntu');
    disk = await provision(machine(), 'node7', 'ubuntu');
    await useDisk(machine(), disk, 'read -P 0x5a 0 16M');
  });

  for (const daemon of ['nameserver', 'rpcserver']) {
    it(`has the ${daemon} back within 5 s of its kill, while the node writes and reads`, async () => {
      const before = await tgtdPid(machine());
      const pid = await mainPid(daemon);
      const slowestMs = await whileWriting(machine(), disk, async () => {
        const killedMs = performance.now();
        await machine().shell(`kill -9 ${String(pid)}`);
        await eventually(async () => {
          expect(await mainPid(daemon)).to.not.be.oneOf([0, pid]);
          await machine().shell('rpcclient --timeout 1s list_nodes | grep -q node7.*ready');
        }, 10_000);
        expect(performance.now() - killedMs).to.be.below(5000);
      });
      expect(slowestMs).to.be.below(3000);
      expect(await tgtdPid(machine())).to.equal(before);
    });
  }

  it('reloads a configuration, and refuses one that is wrong', async () => {
    const pids = [await mainPid('nameserver'), await mainPid('rpcserver')];
    await machine().shell('systemctl reload patchbay-nameserver patchbay-rpcserver');
    await machine().shell("echo 'lisen: 1' >>/etc/patchbay/rpcserver.yaml");
    expect(await machine().run('systemctl', 'reload', 'patchbay-rpcserver')).to.have.property('status', 1);
    await machine().shell('sed -i /lisen/d /etc/patchbay/rpcserver.yaml');
    expect([await mainPid('nameserver'), await mainPid('rpcserver')]).to.deep.equal(pids);
    expect(await machine().shell('systemctl is-active patchbay-rpcserver')).to.equal('active\n');
  });

  it('restarts both daemons by their target, and the node keeps its disk', async () => {
    const before = [await mainPid('nameserver'), await mainPid('rpcserver')];
    const tgtd = await tgtdPid(machine());
    const slowestMs = await whileWriting(machine(), disk, () =>
      machine().shell('systemctl restart patchbay.target'),
    );
    expect(slowestMs).to.be.below(3000);
    await eventually(async () => {
      expect(await mainPid('nameserver')).to.not.be.oneOf([0, before[0]]);
      expect(await mainPid('rpcserver')).to.not.be.oneOf([0, before[1]]);
    });
    expect(await tgtdPid(machine())).to.equal(tgtd);
  });

  it('is upgraded while the node writes and reads', async () => {
    const next = await bringVersion(machine(), kit, '0.2.0');
    const before = await tgtdPid(machine());
    const slowestMs = await whileWriting(machine(), disk, async () => {
      expect(await machine().shell(next.installer)).to.include(
        'Patchbay 0.2.0 is installed, runs and is healthy.',
      );
    });
    expect(slowestMs).to.be.below(3000);
    expect(await tgtdPid(machine())).to.equal(before);
  });

  it('is put back as it was when the new version does not start', async () => {
    const broken = await bringBroken(machine(), kit, '0.3.0', 'nameserver');
    const { status, stderr } = await machine().run(broken.installer);
    expect(status).to.equal(1);
    expect(stderr).to.match(/version 0\.2\.0 runs again and is healthy\n$/);
    await useDisk(machine(), disk, 'read 0 16M');
  });

  it('leaves nothing when it is purged by force', async () => {
    await machine().shell('rm -r /srv/files/tree');
    await machine().shell(`${kit.installer} --uninstall --purge --force`);
    expect(await ourFiles(machine())).to.deep.equal([]);
    expect(await tgtdPid(machine())).to.equal('');
  });

  it('shuts down in seconds, though its tgtd ignores signals', async () => {
    await machine().shell(kit.installer);
    expect(await tgtdPid(machine())).to.not.equal('');
    const beganMs = performance.now();
    await machine().run('systemctl', 'poweroff');
    await machine().ended();
    expect(performance.now() - beganMs).to.be.below(20_000);
  });
});
