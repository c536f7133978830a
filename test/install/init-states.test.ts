import { expect } from 'chai';

import { describeSystem } from '../system/scratch.js';
import { shared } from '../system/shared.js';
import { bringKit } from './kit.js';
import { Machine } from './machine.js';

const tools = ['unshare', 'nsenter', 'start-stop-daemon', 'update-rc.d', 'tgtd'];

/** How a machine is brought into a state, from any that the tests leave it in. */
const states = (script: string, pidFile: string) => ({
  'does not run': `${script} stop`,
  runs: `${script} start`,
  'died and left its pid file': `${script} stop; echo 4194303 >${pidFile}`,
  'left the pid of what is another program now': `${script} stop; echo 1 >${pidFile}`,
  'does not run, and /run cannot be written': `${script} stop; mount -o remount,ro /run`,
  'runs, and /run cannot be written': `${script} start; mount -o remount,ro /run`,
});
type State = keyof ReturnType<typeof states>;

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

for (const daemon of ['nameserver', 'rpcserver']) {
  const script = `/etc/init.d/patchbay-${daemon}`;
  const waysTo = states(script, `/run/patchbay/patchbay-${daemon}.pid`);

  describeSystem(`The init script of the ${daemon}, in every state of it`, tools, () => {
    const machine = shared(async () => {
      const made = await Machine.boot('sysv');
      const { installer } = await bringKit(made);
      await made.shell(`${installer} --role ${daemon}`);
      return made;
    });

    function daemonPid(): Promise<string> {
      return machine().shell(`pgrep -f ^node./usr/lib/patchbay/bin/${daemon} || true`);
    }

    for (const [state, actions] of Object.entries(outcomes)) {
      describe(`of a daemon that ${state}`, () => {
        beforeEach(async () => {
          await machine().shell(`mount -o remount,rw /run; ${waysTo[state as State]}`);
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
  });
}
