import { expect } from 'chai';

import { eventually } from '@patchbay/objects/testing';

import { describeSystem } from '../system/scratch.js';
import { shared } from '../system/shared.js';
import { bringKit } from './kit.js';
import { Machine } from './machine.js';
import { ourFiles } from './storage-host.js';

const tools = [
  'unshare',
  'nsenter',
  'ip',
  'systemctl',
  'start-stop-daemon',
  'update-rc.d',
  'tgtd',
  'qemu-img',
];
type Init = 'sysv' | 'systemd';

/** Two hosts, each under one init: the one has the name server, the other an RPC server. */
class TwoHosts implements AsyncDisposable {
  readonly names: Machine;
  readonly disks: Machine;
  installer = '';
  readonly #inits: ReadonlyMap<Machine, Init>;

  private constructor(names: readonly [Machine, Init], disks: readonly [Machine, Init]) {
    [this.names] = names;
    [this.disks] = disks;
    this.#inits = new Map([names, disks]);
  }

  static async boot(ofNames: Init, ofDisks: Init): Promise<TwoHosts> {
    const names = await Machine.boot(ofNames);
    const hosts = new TwoHosts([names, ofNames], [await Machine.boot(ofDisks), ofDisks]);
    try {
      await names.connect(hosts.disks);
      for (const host of [names, hosts.disks]) {
        await host.shell(`hostname ${host === names ? 'names' : 'disks'}`);
        ({ installer: hosts.installer } = await bringKit(host));
      }
      await names.shell(`${hosts.installer} --role nameserver`);
      return hosts;
    } catch (error) {
      await hosts[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Returns the command that does something with the daemon of a host. */
  service(host: Machine, action: string): string {
    const name = `patchbay-${host === this.names ? 'nameserver' : 'rpcserver'}`;
    return this.#inits.get(host) === 'systemd'
      ? `systemctl ${action} ${name}`
      : `/etc/init.d/${name} ${action}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disks[Symbol.asyncDispose]();
    await this.names[Symbol.asyncDispose]();
  }
}

for (const [init, other] of [
  ['sysv', 'systemd'],
  ['systemd', 'sysv'],
] as const) {
  describeSystem(`A host under ${init} that joins the name server of one under ${other}`, tools, () => {
    const hosts = shared(() => TwoHosts.boot(other, init));

    async function expectStorage(): Promise<void> {
      await eventually(async () => {
        const found = await hosts().names.shell('nameserver lookup storage --json');
        expect(found).to.include('10.78.0.2:7441').and.include('host:disks');
      }, 20_000);
    }

    it('is told what to do when it is installed, and runs meanwhile', async () => {
      const { disks, installer } = hosts();
      const { status, stdout, stderr } = await disks.sh(`${installer} --role rpcserver`);
      expect(status, stderr).to.equal(0);
      expect(stderr).to.include('rpcserver join ADDRESS --token -');
      expect(stdout).to.include('is installed');
      await disks.shell(hosts().service(disks, 'status'));
    });

    it('is told so too where its configuration names the name server, and is not started again and again', async () => {
      const { disks } = hosts();
      const file = '/etc/patchbay/rpcserver.yaml';
      await disks.shell(`cp ${file} /tmp/before; sed -i '1i nameServer: 10.78.0.1:7440' ${file}`);
      const { status, stderr } = await disks.sh(hosts().service(disks, 'restart'));
      const told = init === 'sysv' ? stderr : await disks.shell('journalctl -u patchbay-rpcserver -n 20');
      expect(status).to.not.equal(0);
      expect(told).to.include('rpcserver join 10.78.0.1:7440 --token -');
      if (init === 'systemd') {
        const state = await disks.shell('systemctl show -p NRestarts -p ActiveState patchbay-rpcserver');
        expect(state).to.equal('NRestarts=0\nActiveState=failed\n');
      }
      await disks.shell(`mv /tmp/before ${file}`);
    });

    it('joins with a token, and its service registers by TLS', async () => {
      const { names, disks } = hosts();
      await names.shell(
        `sed -i "s|^listen: .*|listen: ['unix:/run/patchbay/nameserver/socket', '10.78.0.1:7440']|" /etc/patchbay/nameserver.yaml
         ${hosts().service(names, 'restart')}`,
      );
      const made = await names.shell('rpcclient identity.create_token host disks --names storage --json');
      const { token } = JSON.parse(made) as { token: string };
      await disks.shell(
        `sed -i "s|^listen: .*|listen: ['unix:/run/patchbay/rpcserver/socket', '10.78.0.2:7441']|" /etc/patchbay/rpcserver.yaml
         echo ${token} | rpcserver join 10.78.0.1:7440 --token - && ${hosts().service(disks, 'restart')}`,
      );
      await expectStorage();
      expect(await disks.shell(hosts().installer)).to.equal(
        'nothing to change: Patchbay 0.1.0 is installed\n',
      );
    });

    it('is called by an admin, whose first token root made with the service stopped', async () => {
      const { names } = hosts();
      const made = await names.shell(
        `${hosts().service(names, 'stop')} >/dev/null && nameserver init --json && ${hosts().service(names, 'start')} >/dev/null`,
      );
      const { adminToken } = JSON.parse(made) as { adminToken: { token: string } };
      expect(await names.shell('find /var/lib/patchbay/nameserver ! -user patchbay')).to.equal('');
      await expectStorage();
      await names.shell(
        `export HOME=/tmp/admin; echo ${adminToken.token} | rpcclient login 10.78.0.1:7440 --token - && rpcclient list_nodes`,
      );
    });

    it('has files and sockets that are for its services and admins alone, and dumps no core', async () => {
      const { names, disks } = hosts();
      const [kept, sockets] = [
        "stat -c '%a %U %n' $(find /var/lib/patchbay/* -type f",
        "stat -c '%a %U:%G' /run/patchbay/*server{,/socket}",
      ];
      for (const [host, user, some] of [
        [names, 'patchbay', ['nameserver/cluster.key', 'nameserver/store.sqlite', 'nameserver/calls.sqlite']],
        [disks, 'root', ['rpcserver/identity.json', 'rpcserver/policy.json', 'rpcserver/calls.sqlite']],
      ] as const) {
        const listed = (await host.shell(`${kept})`)).trim().split('\n');
        expect(listed.filter((line) => !line.startsWith(`600 ${user} `))).to.deep.equal([]);
        expect(listed).to.include.members(some.map((file) => `600 ${user} /var/lib/patchbay/${file}`));
        expect(await host.run('bash', '-c', sockets)).to.have.property(
          'stdout',
          `750 ${user}:patchbay-admin\n660 ${user}:patchbay-admin\n`,
        );
        const limits = await host.shell(
          'for pid in $(pgrep -f ^node./usr/lib/patchbay; pgrep -x tgtd); do grep "core file" /proc/$pid/limits; done',
        );
        expect(limits.trim().split('\n')).to.have.lengthOf(host === names ? 1 : 2);
        expect(limits).to.match(/^(Max core file size +0 +0 +bytes *\n)+$/);
      }
    });

    it('keeps its identity when it is uninstalled, and loses it when it is purged', async () => {
      const { disks, installer } = hosts();
      await disks.shell(`${installer} --uninstall`);
      expect(await disks.shell('stat -c %a /var/lib/patchbay/rpcserver/identity.json')).to.equal('600\n');
      await disks.shell(`${installer} --uninstall --purge`);
      expect(await ourFiles(disks)).to.deep.equal([]);
    });
  });
}
