import { execFile, type ExecFileException } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually } from '@patchbay/core/testing';
import { expect } from 'chai';

import { root } from './repository.js';

interface Outcome {
  readonly status: number;
  readonly output: string;
}

/** Runs a program and gives its exit status and all that it said. */
function run(program: string, ...words: string[]): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    execFile(program, words, { timeout: 60_000 }, (error: ExecFileException | null, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') {
        reject(new Error(`${program} could not be run`, { cause: error }));
      } else {
        resolve({ status: Number(error?.code ?? 0), output: `${stdout}${stderr}` });
      }
    });
  });
}

const installer = join(root, 'install-daemons.sh');

describe('install-daemons.sh', function () {
  this.timeout(120_000);
  let prefix: string;

  before(async () => {
    // A `/var/` in the prefix must not be taken for one of the places that the installer writes.
    prefix = join(mkdtempSync(join(tmpdir(), 'patchbay-install-')), 'var', 'etc');
    const outcome = await run(installer, '--prefix', prefix, '--init', 'sysv');
    expect(outcome.status, outcome.output).to.equal(0);
  });
  after(async () => {
    if (existsSync(join(prefix, 'etc/init.d/patchbay-nameserver'))) {
      await service('nameserver', 'stop');
    }
    rmSync(join(prefix, '..', '..'), { recursive: true });
  });

  function service(daemon: string, ...words: string[]): Promise<Outcome> {
    return run(join(prefix, 'etc/init.d', `patchbay-${daemon}`), ...words);
  }

  for (const command of ['nameserver', 'rpcserver', 'rpcclient']) {
    it(`installs ${command}, which runs without the checkout`, async () => {
      const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
      const outcome = await run(join(prefix, 'bin', command), '--version');
      expect(outcome).to.deep.equal({ status: 0, output: `${version}\n` });
    });
  }

  it('leaves development tools and tests out', () => {
    const library = join(prefix, 'lib/patchbay');
    const there = [
      'node_modules/typescript',
      'node_modules/mocha',
      'packages/core/dist/test',
      'packages/core/src',
    ];
    expect(there.filter((path) => existsSync(join(library, path)))).to.deep.equal([]);
  });

  it('keeps the state from other users', () => {
    expect(statSync(join(prefix, 'var/lib/patchbay/rpcserver')).mode & 0o077).to.equal(0);
  });

  it('writes its own places into settings and scripts', () => {
    const script = readFileSync(join(prefix, 'etc/init.d/patchbay-rpcserver'), 'utf8');
    expect(script).to.include(`library=${prefix}/lib/patchbay\n`);
    expect(script).to.include(`CONFIG=${prefix}/etc/patchbay/rpcserver.yaml\n`);
    expect(script).to.include(`node=${process.execPath}\n`);
  });

  it('never overwrites configuration', async () => {
    const file = join(prefix, 'etc/patchbay/rpcserver.yaml');
    appendFileSync(file, '# mine\n');
    await run(installer, '--prefix', prefix, '--init', 'sysv');
    expect(readFileSync(file, 'utf8')).to.match(/# mine\n$/);
  });

  it('installs units of systemd instead when asked', async () => {
    await run(installer, '--prefix', prefix, '--init', 'systemd');
    const unit = readFileSync(join(prefix, 'etc/systemd/system/patchbay-nameserver.service'), 'utf8');
    expect(unit).to.include(`ExecStart=${process.execPath} ${prefix}/lib/patchbay/packages/nameserver/`);
  });

  for (const words of [
    ['--prefix'],
    ['--prefix', 'relative'],
    ['--prefix', '/a b'],
    ['--init', 'upstart'],
    ['--purge'],
  ]) {
    it(`refuses ${words.join(' ')}`, async () => {
      expect(await run(installer, ...words)).to.have.property('status', 2);
    });
  }

  describe('the init script', () => {
    const settings = (): string => join(prefix, 'etc/default/patchbay-nameserver');
    const pidFile = (): string => join(prefix, 'var/run/patchbay/patchbay-nameserver.pid');

    beforeEach(async () => {
      writeFileSync(settings(), `LISTEN=127.0.0.1:0\nSTATE_DIR=${prefix}/var/lib/patchbay/nameserver\n`);
      await service('nameserver', 'stop');
    });

    async function statusOf(action: string): Promise<number> {
      return (await service('nameserver', action)).status;
    }

    it('says 3 for the status of what does not run', async () => {
      expect(await statusOf('status')).to.equal(3);
    });

    it('starts, and is content when it runs already', async () => {
      const outcome = await service('nameserver', 'start');
      expect(outcome).to.have.property('status', 0, outcome.output);
      const pid = readFileSync(pidFile(), 'utf8');
      expect(await statusOf('start')).to.equal(0);
      expect(await statusOf('status')).to.equal(0);
      expect(readFileSync(pidFile(), 'utf8')).to.equal(pid);
    });

    it('stops, and is content when it does not run', async () => {
      await service('nameserver', 'start');
      const pid = Number(readFileSync(pidFile(), 'utf8'));
      expect(await statusOf('stop')).to.equal(0);
      expect(existsSync(`/proc/${String(pid)}`)).to.equal(false);
      expect(await statusOf('stop')).to.equal(0);
    });

    for (const action of ['restart', 'force-reload', 'try-restart']) {
      it(`makes a new process for ${action}`, async () => {
        await service('nameserver', 'start');
        const pid = readFileSync(pidFile(), 'utf8');
        expect(await statusOf(action)).to.equal(0);
        expect(readFileSync(pidFile(), 'utf8')).to.not.equal(pid);
      });
    }

    it('does not start by try-restart', async () => {
      expect(await statusOf('try-restart')).to.equal(0);
      expect(await statusOf('status')).to.equal(3);
    });

    it('says 1 for the status of what died, and starts it again', async () => {
      await service('nameserver', 'start');
      process.kill(Number(readFileSync(pidFile(), 'utf8')), 'SIGKILL');
      await eventually(async () => (await statusOf('status')) === 1);
      expect(await statusOf('start')).to.equal(0);
    });

    it('does not take another process for its own', async () => {
      writeFileSync(pidFile(), String(process.pid));
      expect(await statusOf('status')).to.equal(1);
      expect(await statusOf('stop')).to.equal(0);
    });

    it('fails to start with wrong settings, and tells why', async () => {
      appendFileSync(settings(), 'LISTEN=nonsense\n');
      const outcome = await service('nameserver', 'start');
      expect(outcome.status).to.equal(1);
      expect(outcome.output).to.match(/CONFIG_INVALID: .*nonsense/);
      expect(await statusOf('status')).to.equal(3);
    });

    it('says 2 for no action and for an unknown one, and 3 for one that it does not have', async () => {
      expect((await service('nameserver')).status).to.equal(2);
      expect(await statusOf('jump')).to.equal(2);
      expect(await statusOf('reload')).to.equal(3);
    });

    it('says 5 when the program is not installed', async () => {
      const program = join(prefix, 'lib/patchbay/packages/nameserver/dist/src/bin/nameserver.js');
      renameSync(program, `${program}.away`);
      try {
        expect(await statusOf('start')).to.equal(5);
      } finally {
        renameSync(`${program}.away`, program);
      }
    });

    it('says 6 when its configuration is not there', async () => {
      writeFileSync(join(prefix, 'etc/default/patchbay-rpcserver'), `CONFIG=${prefix}/absent.yaml\n`);
      expect((await service('rpcserver', 'start')).status).to.equal(6);
    });
  });

  describe('--uninstall', () => {
    it('removes the program and leaves configuration and state', async () => {
      expect(await run(installer, '--prefix', prefix, '--init', 'sysv', '--uninstall')).to.have.property(
        'status',
        0,
      );
      const left = [
        'lib/patchbay',
        'bin/nameserver',
        'etc/init.d/patchbay-nameserver',
        'etc/patchbay/rpcserver.yaml',
        'var/lib/patchbay',
      ];
      expect(left.filter((path) => existsSync(join(prefix, path)))).to.deep.equal([
        'etc/patchbay/rpcserver.yaml',
        'var/lib/patchbay',
      ]);
    });
  });
});
