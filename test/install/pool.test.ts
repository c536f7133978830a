import { expect } from 'chai';

import { eventually } from '@patchbay/objects/testing';

import { describeSystem } from '../system/scratch.js';
import { shared } from '../system/shared.js';
import { bringKit } from './kit.js';
import { Machine } from './machine.js';

const tools = ['unshare', 'nsenter', 'tgtd', 'qemu-img', 'mkfs.xfs', 'losetup', 'findmnt'];
const wants = '/etc/systemd/system/multi-user.target.wants';

describeSystem('The filesystem of a pool under systemd', tools, () => {
  const machine = shared(async () => {
    const made = await Machine.boot('systemd');
    const kit = await bringKit(made);
    await made.shell(kit.installer);
    await made.shell('systemctl stop patchbay-rpcserver');
    await made.shell('cd /var/lib/patchbay && mv pool pool.before && mkdir pool');
    return made;
  });

  /** What may not change: files and links but the logs, what fstab says, mounts, and units that failed. */
  async function state(): Promise<readonly string[]> {
    const told = await machine().shell(
      'ls /srv/files; cat /etc/fstab /proc/mounts; systemctl --failed --plain',
    );
    const changes = (await machine().changes()).filter((path) => !/^\/(var\/log\/|etc\/fstab$)/.test(path));
    return [...changes, told];
  }

  /** Boots with what is enabled of ours; gives whether a mount was there before the RPC server was started. */
  async function isThereFirst(mount: string): Promise<boolean> {
    await machine().shell(`cd ${wants} && mkdir -p ../bare.target.d &&
      printf '[Unit]\nWants=%s\nAfter=%s\n' "$(echo *patchbay*)" "$(echo *patchbay*)" >../bare.target.d/boot.conf`);
    await machine().reboot();
    const at = async (event: string, unit: string): Promise<number> =>
      Number(await machine().shell(`systemctl show --value -p ${event}TimestampMonotonic ${unit}`));
    const [mounted, started] = [
      await at('ActiveEnter', mount),
      await at('InactiveExit', 'patchbay-rpcserver'),
    ];
    return mounted > 0 && mounted < started;
  }

  /** Waits until the node has its disk, from the pool that is on an XFS of its own. */
  async function servesDisk(mountPoint: string): Promise<void> {
    await eventually(() => machine().shell('rpcclient list_nodes | grep -q node7.*ready'), 20_000);
    const info: unknown = JSON.parse(await machine().shell('rpcclient --json pool_info'));
    expect(info).to.include({ filesystem: 'xfs', reflink: true, disks: 1 });
    expect(await machine().shell(`cd ${mountPoint} && ls disks | wc -l`)).to.equal('1\n');
  }

  it('is refused where another filesystem is mounted, and nothing is changed', async () => {
    await machine().shell('mount -t tmpfs other /var/lib/patchbay/pool');
    const before = await state();
    const { status, stderr } = await machine().sh('rpcserver init-pool /srv/files/a.xfs --size 1GiB --now');
    expect(stderr).to.include('has a filesystem mounted (other tmpfs); unmount it first');
    expect(status).to.equal(5);
    expect(await state()).to.deep.equal(before);
    await machine().shell('umount /var/lib/patchbay/pool');
  });

  for (const by of ['', '--fstab']) {
    it(`says why it cannot be mounted, and changes nothing then (${by || 'a unit'})`, async () => {
      const before = await state();
      await machine().shell('mkdir /dev/away && mv /dev/loop* /dev/away');
      const { status, stderr } = await machine().sh(
        `rpcserver init-pool /srv/files/a.xfs --size 1GiB --now ${by}`,
      );
      expect(stderr).to.match(
        /POOL_MOUNT_FAILED: .*: mount: \/var\/lib\/patchbay\/pool: .*; nothing is left of it$/m,
      );
      expect(status).to.equal(5);
      await machine().shell('mv /dev/away/* /dev && rmdir /dev/away');
      expect(await state()).to.deep.equal(before);
    });
  }

  it('is made in a file, with reflinks, and mounted by a unit that is enabled', async () => {
    const said = await machine().shell('rpcserver init-pool /srv/files/a.xfs --size 1GiB --now');
    expect(said).to.match(/; it is mounted at \/var\/lib\/patchbay\/pool\n$/);
    const unit = 'var-lib-patchbay-pool.mount';
    expect(await machine().shell(`systemctl is-enabled ${unit}; systemctl is-active ${unit}`)).to.equal(
      'enabled\nactive\n',
    );
    await machine().shell('cd /var/lib/patchbay/pool && date >a && cp --reflink=always a b && rm a b');
  });

  it('is what the RPC server uses that is started then', async () => {
    await machine().shell('cp -a /var/lib/patchbay/pool.before/. /var/lib/patchbay/pool');
    await machine().shell('systemctl start patchbay-rpcserver && truncate -s 1M /srv/files/disk.raw');
    await eventually(() => machine().shell('rpcclient import_image ubuntu /srv/files/disk.raw'));
    await machine().shell('rpcclient provision node7 ubuntu');
    await servesDisk('/var/lib/patchbay/pool');
  });

  it('is mounted at a boot before the RPC server is started, which then has its disks', async () => {
    expect(await isThereFirst('var-lib-patchbay-pool.mount')).to.be.true;
    await servesDisk('/var/lib/patchbay/pool');
  });

  it('is mounted so too by fstab, at another place, and unmounted when the disks are no longer served', async () => {
    await machine().shell('systemctl stop patchbay-rpcserver patchbay-tgtd');
    await machine().shell(
      'rpcserver init-pool /srv/files/b.xfs --size 1GiB --mount-point /srv/pool --fstab --now',
    );
    const told = await machine().shell(
      'systemctl show -p ActiveState -p SourcePath -p Before srv-pool.mount',
    );
    expect(told).to.include('ActiveState=active\n').and.to.include('SourcePath=/etc/fstab\n');
    expect(told)
      .to.match(/^Before=.*patchbay-rpcserver\.service/m)
      .and.to.match(/^Before=.*patchbay-tgtd\.service/m);
    await machine().shell(`cp -a --reflink=never /var/lib/patchbay/pool/. /srv/pool &&
      sed -i 's,/var/lib/patchbay/pool,/srv/pool,' /etc/patchbay/rpcserver.yaml &&
      systemctl disable --now var-lib-patchbay-pool.mount && systemctl start patchbay-rpcserver`);
    await servesDisk('/srv/pool');
    expect(await isThereFirst('srv-pool.mount')).to.be.true;
    await servesDisk('/srv/pool');
    expect(await machine().shell('journalctl -q | grep "Failed unmounting.*pool" || true')).to.equal('');
  });
});
