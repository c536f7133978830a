import { eventually } from '@patchbay/core/testing';
import { expect } from 'chai';

import { describeSystem } from '../system/scratch.js';
import { shared } from '../system/shared.js';
import { bringKit } from './kit.js';
import { Machine } from './machine.js';

const script = '/etc/init.d/patchbay-nameserver';
const pidFile = '/run/patchbay/patchbay-nameserver.pid';
const tools = ['unshare', 'nsenter', 'start-stop-daemon', 'update-rc.d'];

/** How a machine is brought into a state, from any that the tests leave it in. */
const states = {
  'does not run': `${script} stop`,
  runs: `${script} start`,
  'died and left its pid file': `${script} stop; echo 4194303 >${pidFile}`,
  'left the pid of what is another program now': `${script} stop; echo 1 >${pidFile}`,
  'does not run, and /run cannot be written': `${script} stop; mount -o remount,ro /run`,
  'runs, and /run cannot be written': `${script} start; mount -o remount,ro /run`,
} as const;
type State = keyof typeof states;

/** The exit status of each action by the LSB, and whether the daemon runs afterwards. */
const outcomes: Record<State, Record<string, readonly [number, 'runs' | 'stopped']>> = {
  'does not run': {
    start: [0, 'runs'],
    stop: [0, 'stopped'],
    restart: [0, 'runs'],
    'try-restart': [0, 'stopped'],
    reload: [7, 'stopped'],
    'force-reload': [7, 'stopped'],
    status: [3, 'stopped'],
  },
  runs: {
    start: [0, 'runs'],
    stop: [0, 'stopped'],
    restart: [0, 'runs'],
    'try-restart': [0, 'runs'],
    reload: [0, 'runs'],
    'force-reload': [0, 'runs'],
    status: [0, 'runs'],
  },
  'died and left its pid file': {
    start: [0, 'runs'],
    stop: [0, 'stopped'],
    restart: [0, 'runs'],
    'try-restart': [0, 'stopped'],
    reload: [7, 'stopped'],
    'force-reload': [7, 'stopped'],
    status: [1, 'stopped'],
  },
  'left the pid of what is another program now': {
    start: [0, 'runs'],
    stop: [0, 'stopped'],
    restart: [0, 'runs'],
    'try-restart': [0, 'stopped'],
    reload: [7, 'stopped'],
    'force-reload': [7, 'stopped'],
    status: [1, 'stopped'],
  },
  'does not run, and /run cannot be written': {
    start: [4, 'stopped'],
    stop: [0, 'stopped'],
    restart: [4, 'stopped'],
    'try-restart': [0, 'stopped'],
    reload: [7, 'stopped'],
    'force-reload': [7, 'stopped'],
    status: [3, 'stopped'],
  },
  'runs, and /run cannot be written': {
    start: [0, 'runs'],
    stop: [0, 'stopped'],
    restart: [4, 'runs'],
    'try-restart': [4, 'runs'],
    reload: [0, 'runs'],
    'force-reload': [0, 'runs'],
    status: [0, 'runs'],
  },
};

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

  for (const [state, actions] of Object.entries(outcomes)) {
    describe(`of a daemon that ${state}`, () => {
      beforeEach(async () => {
        await machine().shell(`mount -o remount,rw /run; ${states[state as State]}`);
      });
      after(() => machine().shell('mount -o remount,rw /run'));

      for (const [action, [status, then]] of Object.entries(actions)) {
        it(`gives ${String(status)} for ${action}, within 10 s`, async () => {
          const before = await daemonPid();
          const beganMs = performance.now();
          const outcome = await machine().run(script, action);
          expect(outcome.status, outcome.stdout + outcome.stderr).to.equal(status);
          expect(performance.now() - beganMs).to.be.below(10_000);
          const now = await daemonPid();
          expect(now === '' ? 'stopped' : 'runs').to.equal(then);
          if (before !== '' && then === 'runs') {
            expect(now === before, 'it is the same process').to.equal(
              !(action.endsWith('restart') && status === 0),
            );
          }
        });
      }
    });
  }

  it('keeps the pid file of a daemon that it starts, and runs it as its own user', async () => {
    await machine().shell(states.runs);
    const pid = (await daemonPid()).trim();
    expect(await machine().shell(`cat ${pidFile}; ps -o user= -p ${pid}`)).to.equal(`${pid}\nregistrar\n`);
  });

  it('is alone on a host of one role, and a later run of the installer keeps role and user', async () => {
    await machine().shell(states.runs);
    expect(await machine().shell('ls /etc/init.d | grep patchbay')).to.equal('patchbay-nameserver\n');
    expect(await machine().shell('/srv/files/kit/install-daemons.sh')).to.include('nothing to change');
  });

  it('makes its daemon read the configuration again', async () => {
    const log = '/var/log/patchbay/patchbay-nameserver.log';
    await machine().shell(
      `${states.runs}; echo 'log: { level: debug }' >>/etc/patchbay/nameserver.yaml; : >${log}`,
    );
    try {
      await machine().shell(`${script} reload`);
      await eventually(() => machine().shell(`grep -q 'the configuration is reloaded.*debug' ${log}`));
    } finally {
      await machine().shell(`sed -i /debug/d /etc/patchbay/nameserver.yaml; ${script} reload`);
    }
  });

  it('starts one daemon when it is asked twice at once', async () => {
    await machine().shell(states['does not run']);
    await machine().shell(`${script} start & ${script} start; wait`);
    expect((await daemonPid()).trim().split('\n')).to.have.length(1);
  });

  it('does not stop a daemon whose configuration has become wrong, and says what is wrong', async () => {
    await machine().shell(`${states.runs}; echo 'lisen: 1' >>/etc/patchbay/nameserver.yaml`);
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
    await machine().shell(
      `${states['does not run']}; echo EXTRA_ARGS=--jump >>/etc/default/patchbay-nameserver`,
    );
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
    await machine().shell(states.runs);
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
    await machine().shell(`${states['does not run']}; chmod a-x /usr/lib/patchbay/bin/nameserver`);
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
