import { expect } from 'chai';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { NodeDisk } from '../system/initiator.js';
import { describeSystem } from '../system/scratch.js';
import { shared } from '../system/shared.js';
import { bringBroken, bringKit, bringVersion, type Kit } from './kit.js';
import { Machine } from './machine.js';
import {
  diskBytes,
  expectCallers,
  importImage,
  ourFiles,
  provision,
  tgtdPid,
  useDisk,
  whileWriting,
} from './storage-host.js';

const tools = [
  'unshare',
  'nsenter',
  'start-stop-daemon',
  'update-rc.d',
  'tgtd',
  'qemu-img',
  'qemu-io',
  'mkfs.xfs',
  'findmnt',
];
const nobody = 'setpriv --reuid=65534 --regid=65534 --clear-groups';

/** What a machine may lack: how it comes to that, how that ends, and what the installer says of it. */
const refusals: Record<string, { make: string; end: string; as?: string; status: number; says: RegExp }> = {
  'a machine without tgt': {
    make: 'mv /usr/sbin/tgtd /usr/sbin/tgtd.away',
    end: 'mv /usr/sbin/tgtd.away /usr/sbin/tgtd',
    status: 5,
    says: /^install-daemons.sh: tgtd is missing; on Debian: apt-get install tgt\n.*nothing was changed\n$/,
  },
  'a machine whose Node.js is too old': {
    make: `printf '#!/bin/sh\n[ "$1" = --version ] && echo v18.1.0; exit 1' >/usr/local/bin/node; chmod +x /usr/local/bin/node`,
    end: 'rm /usr/local/bin/node',
    status: 5,
    says: /^install-daemons.sh: Node.js 20.19 or later is needed; \/usr\/local\/bin\/node is v18.1.0\n/,
  },
  'a user who is not root': {
    make: 'true',
    end: 'true',
    as: nobody,
    status: 4,
    says: /^install-daemons.sh: root is needed; .*\n$/,
  },
  'a full disk': {
    make: 'mkdir /var/lib/patchbay; mount -t tmpfs -o size=1m tmpfs /var/lib/patchbay',
    end: 'umount /var/lib/patchbay; rmdir /var/lib/patchbay',
    status: 5,
    says: /^install-daemons.sh: no room in \/var\/lib\/patchbay: 16 MiB are needed, and 1 are free\n.*nothing/,
  },
  'a port that another program has': {
    make: `node -e 'require("node:net").createServer().listen(3260, "127.0.0.1")' >/dev/null 2>&1 & echo $! >/run/listener
           while ! grep -q ':0CBC .* 0A ' /proc/net/tcp; do sleep 0.05; done`,
    end: 'kill $(cat /run/listener); rm /run/listener',
    status: 5,
    says: /^install-daemons.sh: tgtd cannot listen on 127.0.0.1:3260, which another .*nothing/s,
  },
  'state of a newer version': {
    make: `mkdir -p /var/lib/patchbay/nameserver
           node -e 'new (require("/srv/files/kit/build/program/node_modules/better-sqlite3"))(
             "/var/lib/patchbay/nameserver/store.sqlite").pragma("user_version = 9")'`,
    end: 'rm -r /var/lib/patchbay',
    status: 5,
    says: /store.sqlite is of a newer version of Patchbay: it has version 9, and 0.1.0 knows 2; .*\n.*nothing/,
  },
};

describeSystem('A storage host under sysvinit', tools, () => {
  let kit: Kit;
  let disk: NodeDisk;
  const machine = shared(async () => {
    const made = await Machine.boot('sysv');
    kit = await bringKit(made);
    return made;
  });

  for (const [title, { make, end, as = '', status, says }] of Object.entries(refusals)) {
    it(`is not made of ${title}`, async () => {
      await machine().shell(make);
      const before = await machine().changes();
      const outcome = await machine().sh(`${as} ${kit.installer}`);
      const after = await machine().changes();
      await machine().shell(end);
      expect(outcome.stderr).to.match(says);
      expect(outcome).to.have.property('status', status);
      expect(after).to.deep.equal(before);
    });
  }

  it('is not made of a program that does not start, and nothing of it stays', async () => {
    const broken = await bringBroken(machine(), kit, '0.0.9', 'rpcserver');
    const { status, stderr } = await machine().run(broken.installer);
    expect(status).to.equal(1);
    expect(stderr).to.match(/version 0\.0\.9 does not work here; its last words:\n[^]*0\.0\.9 is broken/);
    expect(stderr).to.match(/all is put back as it was\n$/);
    expect(await ourFiles(machine())).to.deep.equal([]);
    expect(
      await machine().shell(
        'getent passwd patchbay; getent group patchbay-admin; pgrep -x tgtd; pgrep -f ^node || true',
      ),
    ).to.equal('');
  });

  it('is not made by a dry run, which tells what would be done', async () => {
    const before = await machine().changes();
    const told = await machine().shell(`${kit.installer} --dry-run`);
    expect(told).to.include('would put version 0.1.0 into /usr/lib/patchbay\n');
    expect(told).to.include('would start patchbay-rpcserver\n');
    expect(await machine().changes()).to.deep.equal(before);
  });

  it('is made by the installer, which waits until it is healthy', async () => {
    const told = await machine().shell(kit.installer);
    expect(told).to.include('Patchbay 0.1.0 is installed, runs and is healthy.');
    expect(await machine().shell('rpcclient ls')).to.include('storage');
    expect(await machine().shell('ls /etc/rc2.d /etc/rc6.d')).to.match(
      /S\d\dpatchbay-nameserver\nS\d\dpatchbay-rpcserver[^]*K\d\dpatchbay-rpcserver/,
    );
    expect(await machine().shell('stat -c %a:%U /var/lib/patchbay/*')).to.equal(
      '700:root\n700:patchbay\n700:root\n700:root\n',
    );
  });

  it('has the agent of the host, which an administrator starts', async () => {
    expect(await machine().shell('ls /etc/rc2.d')).to.not.include('patchbay-host');
    expect(await machine().shell('/etc/init.d/patchbay-host start')).to.equal('patchbay-host: started\n');
    expect(await machine().shell('patchbay-host status --json')).to.include('"agent":"running"');
  });

  it('can be called by root and by members of patchbay-admin, and by nobody else', async () => {
    await expectCallers(machine());
  });

  it('is left as it is by the installer when nothing is new', async () => {
    const before = await machine().shell(
      'pgrep -f ^node; ls -lR --time-style=full-iso /usr/lib/patchbay /etc/patchbay',
    );
    expect(await machine().shell(kit.installer)).to.equal('nothing to change: Patchbay 0.1.0 is installed\n');
    const after = await machine().shell(
      'pgrep -f ^node; ls -lR --time-style=full-iso /usr/lib/patchbay /etc/patchbay',
    );
    expect(after).to.equal(before);
  });

  it('has the filesystem of a pool mounted by fstab', async () => {
    const made = await machine().shell(
      'rpcserver init-pool /srv/files/pool.xfs --size 1GiB --mount-point /srv/pool --now',
    );
    expect(made).to.match(
      /^\/srv\/files\/pool.xfs holds an XFS .* \/etc\/fstab mounts; .* mounted at \/srv\/pool\n$/,
    );
    await machine().shell('umount /srv/pool && mount /srv/pool && findmnt --types xfs /srv/pool');
    await machine().shell("umount /srv/pool && sed -i '/pool.xfs/d' /etc/fstab");
  });

  it('gives a node its disk', async () => {
    await importImage(machine(), 'ubuntu');
    disk = await provision(machine(), 'node7', 'ubuntu');
    await useDisk(machine(), disk, `read -P 0x5a 0 ${String(diskBytes)}`);
  });

  it('keeps the addresses of both files when one of them was edited before there were sockets', async () => {
    await machine().shell(
      `cp -a /etc/patchbay /tmp/edited && cp -a /usr/share/patchbay/etc /tmp/pristine
       for file in /etc/patchbay/nameserver.yaml /usr/share/patchbay/etc/patchbay/nameserver.yaml; do
         sed -i 's/^listen: .*/listen: 127.0.0.1:7440/' $file
       done
       sed -i '1i nameServer: 127.0.0.1:7440' /etc/patchbay/rpcserver.yaml`,
    );
    const told = await machine().shell(`${kit.installer} --dry-run`);
    await machine().shell(
      'cp -a /tmp/edited/. /etc/patchbay && cp -a /tmp/pristine/. /usr/share/patchbay/etc && rm -r /tmp/edited /tmp/pristine',
    );
    expect(told).to.include('would write /etc/patchbay/nameserver.yaml.new, as');
    expect(told).to.not.match(/would write \/etc\/patchbay\/\w+\.yaml\n/);
  });

  it('restarts while the node writes and reads', async () => {
    const before = await tgtdPid(machine());
    const slowestMs = await whileWriting(machine(), disk, async () => {
      await machine().shell(
        '/etc/init.d/patchbay-nameserver restart && /etc/init.d/patchbay-rpcserver restart',
      );
    });
    expect(slowestMs).to.be.below(3000);
    expect(await tgtdPid(machine())).to.equal(before);
  });

  it('is upgraded while the node writes and reads, and edited configuration stays', async () => {
    const next = await bringVersion(machine(), kit, '0.2.0');
    await machine().shell("echo '# mine' >>/etc/patchbay/rpcserver.yaml");
    for (const name of ['nameserver', 'rpcserver']) {
      await appendFile(join(next.path, `init.d/${name}.yaml`), '# of 0.2.0\n');
    }
    const before = await tgtdPid(machine());
    const slowestMs = await whileWriting(machine(), disk, async () => {
      expect(await machine().shell(next.installer)).to.include(
        'Patchbay 0.2.0 is installed, runs and is healthy.',
      );
    });
    expect(slowestMs).to.be.below(3000);
    expect(await tgtdPid(machine())).to.equal(before);
    expect(await machine().shell('/etc/init.d/patchbay-host status')).to.include('is running');
    expect(
      await machine().shell(
        'tail -qn 1 /etc/patchbay/nameserver.yaml /etc/patchbay/rpcserver.yaml /etc/patchbay/rpcserver.yaml.new',
      ),
    ).to.equal('# of 0.2.0\n# mine\n# of 0.2.0\n');
  });

  it('is put back as it was when the new version does not start, and tells so', async () => {
    const broken = await bringBroken(machine(), kit, '0.3.0', 'rpcserver');
    const before = await tgtdPid(machine());
    let told = '';
    const slowestMs = await whileWriting(machine(), disk, async () => {
      const { status, stderr } = await machine().run(broken.installer);
      expect(status).to.equal(1);
      told = stderr;
    });
    expect(told).to.include('0.3.0 is broken');
    expect(told).to.include('all is put back as it was');
    expect(told).to.match(/version 0\.2\.0 runs again and is healthy\n$/);
    expect(await machine().shell('nameserver --version; rpcclient ls')).to.match(/^0\.2\.0\n[^]*storage/);
    expect(await machine().shell('ls /usr/lib')).to.not.match(/patchbay\./);
    expect(slowestMs).to.be.below(3000);
    expect(await tgtdPid(machine())).to.equal(before);
  });

  it('refuses a version that is older than what it has', async () => {
    const { status, stderr } = await machine().run(kit.installer);
    expect(stderr).to.include('version 0.2.0 is installed, which is newer than this, 0.1.0');
    expect(status).to.equal(5);
  });

  async function expectNoPurge(): Promise<void> {
    const before = await machine().shell('pgrep -f ^node || true');
    const { status, stderr } = await machine().run(kit.installer, '--uninstall', '--purge');
    expect(stderr).to.match(/nodes are provisioned \(1\).*nothing was changed\n$/);
    expect(status).to.equal(6);
    expect(await machine().shell('pgrep -f ^node || true')).to.equal(before);
  }

  it('does not lose disks by a purge', async () => {
    await expectNoPurge();
  });

  it('keeps configuration and data when it is uninstalled, for when it is installed again', async () => {
    await useDisk(machine(), disk, 'write -P 0x77 8M 1M', 'flush');
    const told = await machine().shell(`${kit.installer} --uninstall`);
    expect(told).to.match(/these stay: \/etc\/patchbay .* --purge removes them\n$/);
    expect(
      await machine().shell(
        'pgrep -x tgtd; pgrep -f ^node; ls /usr/lib /usr/share /etc/init.d /run | grep -c patchbay || true',
      ),
    ).to.equal('0\n');
    await expectNoPurge();
    await machine().shell('/srv/files/kit-0.2.0/install-daemons.sh');
    expect(await machine().shell('rpcclient list_nodes')).to.include('node7');
    await useDisk(machine(), disk, 'read -P 0x77 8M 1M');
  });

  it('leaves nothing when it is purged by force', async () => {
    await machine().shell(`${kit.installer} --uninstall --purge --force`);
    expect(await ourFiles(machine())).to.deep.equal([]);
    expect(
      await machine().shell('getent passwd patchbay || true; pgrep -x tgtd; pgrep -f ^node || true'),
    ).to.equal('');
  });
});
