import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { eventually, Scratch } from '@patchbay/objects/testing';

import { Machine } from '../install/machine.js';
import { root } from '../repository.js';
import { output } from '../system/command.js';
import { describeSystem } from '../system/scratch.js';
import { shared } from '../system/shared.js';
import { builtProgram, outputOfOne } from './build-folder.js';
import { version } from './version.js';

/** A Debian package that was made of the checkout. */
class DebianPackage implements AsyncDisposable {
  readonly path: string;
  readonly #scratch: Scratch;

  private constructor(scratch: Scratch, path: string) {
    this.#scratch = scratch;
    this.path = path;
  }

  static async make(): Promise<DebianPackage> {
    const scratch = await Scratch.make();
    await output(['scripts/make-debian.sh', scratch.path], { cwd: root });
    const architecture = (await output(['dpkg', '--print-architecture'])).trim();
    return new DebianPackage(scratch, scratch.file(`patchbay_${version}_${architecture}.deb`));
  }

  /** Asks dpkg-deb something about it. */
  tell(...question: readonly string[]): Promise<string> {
    const [option = '', ...words] = question;
    return output(['dpkg-deb', option, this.path, ...words]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#scratch[Symbol.asyncDispose]();
  }
}

function digestOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

const tools = ['dpkg-deb', 'apt-get', 'unshare', 'nsenter', 'tgtd', 'tgtadm', 'qemu-img'];
/** Purges by apt, which removes first and purges afterwards. */
const aptPurges = ['apt-get -y purge patchbay', 'apt-get -y -o APT::Get::Purge=true remove patchbay'];

/** Makes the files those of a host whose package had no sockets, and of which one was edited. */
const beforeSockets = `cd /etc/patchbay
  sed -i 's/^listen: .*/listen: 127.0.0.1:7440/' nameserver.yaml
  sed -i 's/^listen: .*/listen: 127.0.0.1:7441/; 2i nameServer: 127.0.0.1:7440' rpcserver.yaml
  sed -i "s,^ $PWD/nameserver.yaml .*, $PWD/nameserver.yaml $(md5sum <nameserver.yaml | cut -d ' ' -f 1)," /var/lib/dpkg/status`;

describeSystem('The Debian package', tools, () => {
  before('make the program that it holds', async () => {
    await builtProgram();
  });
  const made = shared(() => DebianPackage.make());

  it('is the same when it is made again, beside the npm packages, and listed with them', async () => {
    await using packages = await Scratch.make();
    const said = await outputOfOne(['scripts/make-packages.sh', packages.path]);
    const names = readdirSync(packages.path);
    expect(names.filter((name) => name.endsWith('.tgz'))).to.have.length(
      readdirSync(join(root, 'packages')).length,
    );
    const listed = names.map((name) => `${digestOf(packages.file(name))} .* ${packages.file(name)}$`);
    expect(listed.filter((line) => !new RegExp(`^${line}`, 'm').test(said))).to.deep.equal([]);
    expect(digestOf(packages.file(basename(made().path)))).to.equal(digestOf(made().path));
  });

  it('asks for what the program needs, and no Node.js that its native module is not for', async () => {
    expect(await made().tell('--field', 'Version')).to.equal(`${version}\n`);
    const major = Number(process.versions.node.split('.')[0]);
    const needed = (await made().tell('--field', 'Depends')).trim().split(', ');
    expect(needed).to.include.members(['tgt', 'qemu-utils', `nodejs (<< ${String(major + 1)})`]);
    expect(needed.filter((each) => /^(nodejs|libc6|libstdc\+\+6) \(>= \d/.test(each))).to.have.length(3);
  });

  it('puts everything where install-daemons.sh puts it, and marks all configuration as such', async () => {
    const lines = (await made().tell('--contents')).trimEnd().split('\n');
    const paths = lines.map((line) => /\.(?<path>\/\S*?)\/?(?: -> .*)?$/.exec(line)?.groups?.path ?? line);
    expect(paths).to.include.members([
      '/usr/lib/patchbay/bin/nameserver',
      '/usr/lib/patchbay/THIRD-PARTY-LICENSES',
      '/usr/bin/rpcserver',
      '/usr/bin/patchbay-storage',
      '/etc/init.d/patchbay-rpcserver',
      '/usr/lib/systemd/system/patchbay-nameserver.service',
      '/usr/lib/systemd/system/patchbay-host.service',
      '/usr/share/doc/patchbay/copyright',
      '/var/lib/patchbay/nameserver',
      '/var/log/patchbay',
    ]);
    expect(lines.filter((line) => !line.includes(' root/root '))).to.deep.equal([]);
    const conffiles = (await made().tell('--info', 'conffiles')).trimEnd().split('\n');
    const files = lines.filter((line) => line.startsWith('-')).map((line) => line.replace(/^.* \.\//, '/'));
    expect(conffiles).to.have.members(files.filter((path) => path.startsWith('/etc/')));
  });

  for (const init of ['sysv', 'systemd'] as const) {
    describe(`on a machine with ${init}`, () => {
      const machine = shared(() => Machine.boot(init));
      const dpkg = (words: string): Promise<string> => machine().shell(`dpkg ${words} 2>&1`);
      // Ready is a daemon before it has its names.
      const nodes = async (): Promise<unknown> => {
        let shown = '';
        await eventually(async () => {
          shown = await machine().shell('rpcclient --json list_nodes');
        });
        return (JSON.parse(shown) as readonly { readonly node: string }[]).map(({ node }) => node);
      };
      const processes = async (name: string): Promise<readonly string[]> =>
        (await machine().sh(`pidof ${name}`)).stdout.split(/\s/).filter(Boolean);
      const thereIs = async (...paths: readonly string[]): Promise<readonly string[]> =>
        (await machine().sh(`ls -d ${paths.join(' ')} 2>/dev/null`)).stdout.split('\n').filter(Boolean);

      /** Returns the command that starts or stops a daemon. */
      const act = (action: string, daemon: string): string =>
        init === 'sysv'
          ? `/etc/init.d/patchbay-${daemon} ${action}`
          : `systemctl ${action} patchbay-${daemon}`;
      /** Prints all configuration files with their checksums. */
      const configuration = (): Promise<string> =>
        machine().shell("find /etc -type f -path '*patchbay*' -exec md5sum {} + | sort -k 2");
      const diversions = (): Promise<string> => machine().shell("dpkg-divert --list '*patchbay*'");

      before(async () => {
        copyFileSync(made().path, join(machine().files, 'patchbay.deb'));
        // A machine that has booted is in a runlevel, and does not forbid packages to start what they install.
        await machine().shell(
          "rm -f /usr/sbin/policy-rc.d /sbin/runlevel && printf '#!/bin/sh\\necho N 2\\n' >/sbin/runlevel && chmod 755 /sbin/runlevel",
        );
      });

      it('runs the daemons, the name server as a user of its own, and at each boot', async () => {
        if (init === 'sysv') {
          await machine().shell('tgtd -t 1'); // as tgt's own service, which has just been installed, would run
        }
        const said = await dpkg('--install /srv/files/patchbay.deb');
        expect(said.includes('the tgt service of this machine serves nothing')).to.equal(init === 'sysv');
        expect(await nodes()).to.deep.equal([]);
        const users = await machine().shell('for pid in $(pidof node); do stat --format %U /proc/$pid; done');
        expect(users.trim().split('\n')).to.have.members(['patchbay', 'root']);
        expect(await machine().shell('rpcserver init-pool --version')).to.equal(`${version}\n`);
        const wanted = ['/etc/rc2.d/S*patchbay-*', '/etc/systemd/system/multi-user.target.wants/patchbay-*'];
        expect(await thereIs(...wanted), "the agent is the administrator's to enable").to.have.length(4);
      });

      it('starts them anew when it is installed again, and keeps the tgtd and what was edited', async () => {
        await machine().shell(
          'truncate --size 1M /srv/files/disk.raw && rpcclient import_image ubuntu /srv/files/disk.raw && rpcclient provision node7 ubuntu',
        );
        await machine().shell("sed -i '1i # edited' /etc/patchbay/rpcserver.yaml");
        if (init === 'sysv') {
          await machine().shell(beforeSockets);
        }
        const addresses = await machine().shell('cat /etc/patchbay/nameserver.yaml');
        const [daemons, tgtds] = [await processes('node'), await processes('tgtd')];
        await dpkg('--install /srv/files/patchbay.deb');
        const started = await processes('node');
        expect(started).to.have.length(2);
        expect(started.filter((pid) => daemons.includes(pid))).to.deep.equal([]);
        expect(await processes('tgtd')).to.deep.equal(tgtds);
        expect(await machine().shell('head -n 1 /etc/patchbay/rpcserver.yaml')).to.equal('# edited\n');
        expect(await machine().shell('cat /etc/patchbay/nameserver.yaml')).to.equal(addresses);
        expect(await nodes()).to.deep.equal(['node7']);
      });

      it('refuses a purge while nodes are provisioned, with nothing changed', async () => {
        const refused = await machine().sh('dpkg --purge patchbay 2>&1');
        expect(refused.status).to.equal(1);
        expect(refused.stdout).to.include('whose disks a purge would destroy: node7');
        const unread = await machine().sh(
          'mv /usr/bin/node /usr/bin/away; dpkg --purge patchbay 2>&1; echo $?; mv /usr/bin/away /usr/bin/node',
        );
        expect(unread.stdout).to.match(/a purge would destroy: \(the catalog cannot be read\)[^]*\n1\n$/);
        expect(await nodes()).to.deep.equal(['node7']);
      });

      it('refuses it for a disk that can still be taken back from the trash', async () => {
        const give = 'rpcclient --yes detach_node --trash 1d';
        await machine().shell(`rpcclient provision node8 ubuntu && ${give} node8`);
        const { status, stdout } = await machine().sh('dpkg --purge patchbay 2>&1');
        expect(stdout).to.match(
          /whose disks a purge would destroy: node7\n.*which a purge would destroy: [-0-9a-f]{36} \(in the trash\)\n/,
        );
        expect(status).to.equal(1);
        await machine().shell('rpcclient --yes empty_trash');
      });

      it('refuses it without starting what the administrator has stopped', async () => {
        await machine().shell(act('stop', 'nameserver'));
        const before = await processes('node');
        expect(await machine().sh('dpkg --purge patchbay 2>&1')).to.have.property('status', 1);
        expect(before).to.have.length(1);
        expect(await processes('node')).to.deep.equal(before);
        await machine().shell(act('start', 'nameserver'));
        expect(await nodes()).to.deep.equal(['node7']);
      });

      // What does not depend on the init is tried with one.
      for (const purge of init === 'sysv' ? aptPurges : aptPurges.slice(0, 1)) {
        it(`refuses a purge by apt while nodes are provisioned, with nothing changed: ${purge}`, async () => {
          const state = async (): Promise<unknown> => [
            await processes('node'),
            await processes('tgtd'),
            await configuration(),
            await machine().shell("dpkg-query -W -f '${db:Status-Abbrev}' patchbay"),
          ];
          await machine().shell('echo patchbay install | dpkg --set-selections');
          const before = await state();
          const { status, stdout } = await machine().sh(`${purge} 2>&1`);
          expect(stdout).to.include('whose disks a purge would destroy: node7');
          expect(status).to.equal(100);
          expect(await state()).to.deep.equal(before);
          expect(await nodes()).to.deep.equal(['node7']);
        });
      }

      it('keeps configuration and data when it is removed, and refuses a purge after that too', async () => {
        const said = await dpkg('--remove patchbay');
        expect(said).to.include('have no disk until Patchbay is installed again: node7');
        expect([...(await processes('node')), ...(await processes('tgtd'))]).to.deep.equal([]);
        const kept = ['/etc/patchbay/rpcserver.yaml', '/var/lib/patchbay/pool/disks'];
        expect(await thereIs(...kept, '/usr/lib/patchbay', '/usr/bin/rpcclient')).to.deep.equal(kept);
        const { status, stdout } = await machine().sh('dpkg --purge patchbay 2>&1');
        expect(status).to.equal(1);
        expect(stdout).to.include('/var/lib/patchbay was not changed');
        expect(await thereIs('/var/lib/patchbay/pool/disks/*')).to.have.length(1);
      });

      if (init === 'sysv') {
        it('keeps the configuration through such purges, as it was edited last, for when it is installed again', async () => {
          await machine().shell("sed -i '1i # edited after the removal' /etc/patchbay/rpcserver.yaml");
          const before = await configuration();
          expect(await machine().sh('dpkg --purge patchbay 2>&1')).to.have.property('status', 1);
          expect(await machine().sh('apt-get -y purge patchbay 2>&1')).to.have.property('status', 100);
          expect(await configuration()).to.equal(before);
          await dpkg('--install /srv/files/patchbay.deb </dev/null');
          expect(await nodes()).to.deep.equal(['node7']);
          expect(await configuration()).to.equal(before);
          expect(await diversions()).to.equal('');
          await dpkg('--remove patchbay');
        });
      }

      it('has nothing left after a purge that is forced', async () => {
        await machine().shell('PATCHBAY_PURGE=force dpkg --purge patchbay 2>&1');
        const places = ['/etc/patchbay', '/etc/*/*patchbay*', '/etc/systemd/system/*/patchbay*'];
        places.push(
          '/var/*/*patchbay*',
          '/run/patchbay',
          '/usr/*/patchbay*',
          '/usr/lib/systemd/system/patchbay*',
        );
        expect(await thereIs(...places)).to.deep.equal([]);
        expect(await diversions()).to.equal('');
        expect(await machine().sh('getent passwd patchbay')).to.have.property('status', 2);
      });
    });
  }
});
