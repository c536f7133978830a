import { expect } from 'chai';

import { localCaller, type RunView } from '@patchbay/objects';
import { eventually, refusal } from '@patchbay/objects/testing';

import { callerOf, callers, TestJobs } from '../test-jobs.js';

const { alice, bob, carol, mallory, web1, web2 } = callers;
const root = callerOf('user:root', { role: 'admin', objects: '**', methods: '*' });

describe('Submitting to hosts', () => {
  let test: TestJobs;
  beforeEach(async () => {
    test = await TestJobs.open();
    test.known.set(root.principal, root);
  });
  afterEach(() => test[Symbol.asyncDispose]());

  /** Makes the next job of a host, as its agent would; returns its arguments. */
  async function work(host: typeof web1, result: string | object = 'fine'): Promise<unknown> {
    const agent = test.as(host);
    const { run } = await agent.next({ free: 1 });
    const [job] = run;
    if (job === undefined) {
      throw new Error(`nothing is queued for ${host.principal}`);
    }
    await agent.start(job.id, job.attempt);
    await agent.finish(job.id, job.attempt, { state: 'succeeded', result: result as never });
    return job.args;
  }

  it('returns a run at once, with who is away', async () => {
    await test.as(web1).next({ free: 0 });
    const receipt = await test.as(alice).submit('disks', 'check', ['sda'], { id: 'r1', on: 'role=web' });
    expect(receipt).to.deep.equal({
      ...{ id: 'r1', kind: 'run', state: 'queued', hosts: ['web-1', 'web-2'], away: ['web-2'] },
      note: '1 of 2 hosts are away, and begin when they are back',
    });
    await work(web1);
    const run = await test.as(bob).show_run('r1');
    expect(run.tally).to.deep.equal({ succeeded: 1, queued: 1 });
    expect(run.hosts[1]).to.include({ host: 'web-2', job: 'r1.web-2', state: 'queued', online: false });
    await refusal(test.as(mallory).show_run('r1'), 'CALLER_REFUSED');
  });

  // saltstack/salt#61184, #45813: a job sent while a host is away is never run.
  it('is made on a host that was away, as soon as it asks', async () => {
    await test.as(alice).submit('disks', 'check', ['sda'], { id: 'r1', on: 'web-2' });
    await test.stop();
    await test.start();
    expect(await work(web2)).to.deep.equal(['sda']);
    expect(await test.as(alice).show_run('r1')).to.have.nested.property('tally.succeeded', 1);
  });

  it('is watched until it has ended', async () => {
    await test.as(alice).submit('disks', 'check', ['sda'], { id: 'r1', on: 'role=web' });
    const seen: RunView['tally'][] = [];
    const watching = (async () => {
      for await (const { tally } of test.as(alice).watch_run('r1')) {
        seen.push(tally);
      }
    })();
    await eventually(() => {
      expect(seen).to.have.length(1);
    });
    await work(web1);
    await work(web2);
    await eventually(async () => {
      await test.clock.advance(200);
      expect(seen.at(-1)).to.deep.equal({ succeeded: 2 });
    });
    await watching;
  });

  for (const [on, reason] of [
    ['group=linux,', 'SELECTOR_INVALID'],
    ['web-3', 'HOST_UNKNOWN'],
    ['role=none', 'SELECTOR_EMPTY'],
    ['x'.repeat(4097), 'ARGUMENT_INVALID'],
  ] as const) {
    it(`refuses ${on.slice(0, 20)} with ${reason}`, async () => {
      await refusal(test.as(alice).submit('disks', 'check', ['sda'], { on }), reason);
    });
  }

  it('refuses an operator of other objects, who also may not cancel or retry', async () => {
    await refusal(test.as(mallory).submit('disks', 'check', ['sda'], { on: 'web-1' }), 'CALLER_REFUSED');
    await refusal(test.as(bob).submit('disks', 'check', ['sda'], { on: 'web-1' }), 'CALLER_REFUSED');
    await test.as(alice).submit('disks', 'check', ['sda'], { id: 'r1', on: 'web-1' });
    for (const other of [mallory, bob]) {
      await refusal(test.as(other).cancel_run('r1'), 'CALLER_REFUSED');
      await refusal(test.as(other).cancel('r1'), 'CALLER_REFUSED');
      await refusal(test.as(other).retry_run('r1', { all: true }), 'CALLER_REFUSED');
    }
    expect(await test.as(carol).cancel('r1')).to.deep.equal({ state: 'cancelled' });
    expect(await test.as(alice).show_run('r1')).to.include({ cancelledBy: 'user:carol' });
  });

  it('refuses local, whom no other machine knows', async () => {
    const here = test.as(localCaller('test'));
    await refusal(here.submit('disks', 'check', ['sda'], { on: 'web-1' }), 'LOGIN_REQUIRED');
    await test.as({ ...web1, delegate: 'local' }).next({ free: 0 });
    await here.submit('disks', 'check', ['sda'], { on: 'web-1' });
    await refusal(here.submit('disks', 'check', ['sda'], { on: 'role=web' }), 'LOGIN_REQUIRED');
  });

  it('changes nothing where a host answers for another one', async () => {
    await test.as(alice).submit('disks', 'check', ['sda'], { id: 'r1', on: 'web-1' });
    const { run } = await test.as(web1).next({ free: 1 });
    expect(run).to.have.length(1);
    const hostile = test.as(web2);
    expect((await hostile.next({ free: 9, holding: [{ id: 'r1.web-1', attempt: 1 }] })).run).to.deep.equal(
      [],
    );
    await refusal(hostile.start('r1.web-1', 1), 'ATTEMPT_STALE');
    await refusal(hostile.finish('r1.web-1', 1, { state: 'succeeded', result: 'mine' }), 'ATTEMPT_STALE');
    expect((await hostile.next({ free: 1, only: ['r1.web-1'] })).run).to.deep.equal([]);
    expect(await test.as(alice).show('r1.web-1')).to.include({ state: 'claimed', worker: 'host:web-1' });
  });

  // saltstack/salt#10212, #31109: a host's own facts choose whose secrets it gets.
  it('selects nobody by what a host says of itself', async () => {
    const facts = { os: 'role=db', arch: 'group=admins', version: 'db-1' };
    await test.as(web2).next({ free: 0, facts });
    for (const selector of ['role=db', 'db-*', 'name=db-1']) {
      const hosts = await test.as(bob).preview_hosts(selector);
      expect(hosts.map(({ name }) => name)).to.deep.equal(['db-1']);
    }
    for (const selector of ['os="role=db"', 'group=admins', 'arch']) {
      await refusal(
        test.as(bob).preview_hosts(selector),
        selector === 'arch' ? 'HOST_UNKNOWN' : 'SELECTOR_EMPTY',
      );
    }
    const hosts = await test.as(bob).list_hosts();
    expect(hosts.find(({ name }) => name === 'web-2')).to.deep.include({ facts, online: true });
    await refusal(test.as(mallory).list_hosts(), 'CALLER_REFUSED');
  });

  it('lists the runs that a caller may see', async () => {
    await test.as(alice).submit('disks', 'check', ['sda'], { id: 'r1', on: 'web-1' });
    const { runs } = await test.as(alice).list_runs();
    expect(runs.map(({ id, tally }) => ({ id, tally }))).to.deep.equal([{ id: 'r1', tally: { queued: 1 } }]);
    expect((await test.as(mallory).list_runs()).runs).to.deep.equal([]);
  });

  describe('variables of hosts', () => {
    it('give arguments their values, and those that are given count more', async () => {
      for (const [host, disk] of [
        ['web-1', 'sda'],
        ['web-2', 'sdb'],
      ] as const) {
        Object.assign(test.members.find(({ name }) => name === host)?.variables ?? {}, { disk });
      }
      const options = { on: 'role=web', from: { disk: 'host.disk' } };
      await test.as(alice).submit('disks', 'check', [], options);
      expect([await work(web1), await work(web2)]).to.deep.equal([['sda'], ['sdb']]);
      await test.as(alice).submit('disks', 'check', ['sdc'], options);
      expect([await work(web1), await work(web2)]).to.deep.equal([['sdc'], ['sdc']]);
    });

    for (const [what, args, policy, path] of [
      ['a host has no such variable', [], { from: { disk: 'host.disk' } }, 'from.disk'],
      ['there is no such argument', ['sda'], { from: { disc: 'host.disk' } }, 'from.disc'],
    ] as const) {
      it(`are refused where ${what}`, async () => {
        const error = await refusal(
          test.as(alice).submit('disks', 'check', [...args], { on: 'web-1', ...policy }),
          'POLICY_INVALID',
        );
        expect(error.details).to.deep.equal({ path });
      });
    }

    it('take results, where the caller is an admin of hosts', async () => {
      const save = { version: 'result.version', all: 'result', none: 'result.none' };
      await refusal(
        test.as(alice).submit('disks', 'check', ['sda'], { on: 'web-1', save }),
        'CALLER_REFUSED',
      );
      await test.as(root).submit('disks', 'check', ['sda'], { on: 'web-1', save });
      await work(web1, { version: '1.10' });
      await eventually(() => {
        const { variables } = test.members.find(({ name }) => name === 'web-1') ?? {};
        expect(variables).to.deep.equal({ version: '1.10', all: '{"version":"1.10"}' });
      });
      await eventually(async () => {
        expect(await test.services.queue.store.count('save/')).to.equal(0);
      });
    });

    it('are of calls on hosts alone', async () => {
      const from = { disk: 'host.disk' };
      await refusal(test.as(alice).submit('disks', 'check', ['sda'], { from }), 'POLICY_INVALID');
    });
  });
});
