import { expect } from 'chai';

import { eventually } from '@patchbay/objects/testing';

import { describeSystem } from '../system/scratch.js';
import { shared } from '../system/shared.js';
import { bringKit } from './kit.js';
import { Machine } from './machine.js';

const script = '/etc/init.d/patchbay-nameserver';
const pidFile = '/run/patchbay/patchbay-nameserver.pid';
const tools = ['unshare', 'nsenter', 'start-stop-daemon', 'update-rc.d'];

const stopped = `${script} stop`;
const running = `${script} start`;

describeSystem('An init script', tools, () => {
  const machine = shared(async () => {
    const made = await Machine.boot('sysv');
    const { installer } = await bringKit(made);
    await made.shell(`${installer} --role nameserver --user registrar`);
    return made;
  });

  async function statusOf(...words: readonly string[]): Promise<number> {
    const { status } = await machine().run(script, ...words);
    return status;
  }

  function daemonPid(): Promise<string> {
    return machine().shell(`pgrep -f ^node./usr/lib/patchbay/bin/nameserver || true`);
  }

  it('keeps the pid file of a daemon that it starts, and runs it as its own user', async () => {
    await machine().shell(running);
    const pid = (await daemonPid()).trim();
    expect(await machine().shell(`cat ${pidFile}; ps -o user= -p ${pid}`)).to.equal(`${pid}\nregistrar\n`);
  });

  it('is alone on a host of one role, and a later run of the installer keeps role and user', async () => {
    await machine().shell(running);
    expect(await machine().shell('ls /etc/init.d | grep patchbay')).to.equal('patchbay-nameserver\n');
    expect(await machine().shell('/srv/files/kit/install-daemons.sh')).to.include('nothing to change');
  });

  it('makes its daemon read the configuration again', async () => {
    const log = '/var/log/patchbay/patchbay-nameserver.log';
    await machine().shell(
      `${running}; echo 'log: { level: debug }' >>/etc/patchbay/nameserver.yaml; : >${log}`,
    );
    try {
      await machine().shell(`${script} reload`);
      await eventually(() => machine().shell(`grep -q 'reloaded the configuration.*debug' ${log}`));
    } finally {
      await machine().shell(`sed -i /debug/d /etc/patchbay/nameserver.yaml; ${script} reload`);
    }
  });

  it('waits for a daemon whose command line is empty for a moment, as while its program is loaded', async () => {
    await machine().shell(`${stopped}; ln -s /bin/true /usr/local/sbin/tr`);
    try {
      expect(await machine().shell(running)).to.equal('patchbay-nameserver: started\n');
    } finally {
      await machine().shell('rm /usr/local/sbin/tr');
    }
    expect(await machine().shell(`${script} status`)).to.include('is running');
  });

  it('starts one daemon when it is asked twice at once', async () => {
    await machine().shell(stopped);
    await machine().shell(`${script} start & ${script} start; wait`);
    expect((await daemonPid()).trim().split('\n')).to.have.length(1);
  });

  it('does not stop a daemon whose configuration has become wrong, and says what is wrong', async () => {
    await machine().shell(`${running}; echo 'lisen: 1' >>/etc/patchbay/nameserver.yaml`);
    const before = await daemonPid();
    try {
      for (const action of ['restart', 'reload', 'force-reload']) {
        const { status, stderr } = await machine().run(script, action);
        expect(status).to.equal(6);
        expect(stderr).to.match(/nameserver\.yaml:4: lisen: unknown key/);
      }
    } finally {
      await machine().shell('sed -i /lisen/d /etc/patchbay/nameserver.yaml');
    }
    expect(await daemonPid()).to.equal(before);
  });

  it('says what a daemon said that ends at once', async () => {
    await machine().shell(`${stopped}; echo EXTRA_ARGS=--jump >>/etc/default/patchbay-nameserver`);
    try {
      const { status, stderr } = await machine().run(script, 'start');
      expect(status).to.equal(1);
      expect(stderr).to.include('jump');
    } finally {
      await machine().shell('sed -i /jump/d /etc/default/patchbay-nameserver');
    }
    expect(await statusOf('status')).to.equal(3);
  });

  it('gives 4 to who is not root, and the status to everybody', async () => {
    await machine().shell(running);
    const asNobody = (action: string): Promise<{ status: number }> =>
      machine().run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', script, action);
    expect(await asNobody('stop')).to.have.property('status', 4);
    expect(await asNobody('status')).to.have.property('status', 0);
  });

  it('gives 2 for no action and for an unknown one', async () => {
    expect(await statusOf()).to.equal(2);
    expect(await statusOf('jump')).to.equal(2);
  });

  it('gives 5 when the program is not installed, and 6 when its configuration is not there', async () => {
    await machine().shell(`${stopped}; chmod a-x /usr/lib/patchbay/bin/nameserver`);
    expect(await statusOf('start')).to.equal(5);
    await machine().shell(
      'chmod a+x /usr/lib/patchbay/bin/nameserver; mv /etc/patchbay/nameserver.yaml /etc/patchbay/away',
    );
    expect(await statusOf('start')).to.equal(6);
    await machine().shell('mv /etc/patchbay/away /etc/patchbay/nameserver.yaml');
  });

  it('starts its daemon after, and stops it before, what it needs', async () => {
    const header = await machine().shell(
      `sed -n '/BEGIN INIT/,/END INIT/p' /srv/files/kit/init.d/patchbay-rpcserver`,
    );
    for (const needed of ['$network', '$remote_fs', 'patchbay-nameserver']) {
      expect(header).to.match(new RegExp(`-Start:.* ${needed.replace('$', '\\$')}\\b`));
    }
  });
});
