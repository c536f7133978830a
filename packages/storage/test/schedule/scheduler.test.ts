import { expect } from 'chai';

import { schedules } from '../../src/catalog/tables.js';
import { storageError } from '../../src/errors.js';
import { Scheduler } from '../../src/schedule/scheduler.js';
import { viewSchedule } from '../../src/views/schedule-view.js';
import { reasonOf, World } from '../fakes/world.js';

const never = new AbortController().signal;
const minute = 60_000;

describe('schedule_snapshots', () => {
  it('gives a node at most 32 schedules, so that one commit of 100 operations removes them', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu', { mac: '52:54:00:00:00:07' });
    for (let index = 0; index < 32; index++) {
      await machine.schedule('node7', '0 0 1 1 *', 1, `s${String(index)}`);
    }
    expect(await reasonOf(machine.schedule('node7', '0 0 1 1 *', 1, 'more'))).to.equal('SCHEDULES_EXHAUSTED');
    const sizes = world.countOperations();

    await machine.trash('node7');

    expect(Math.max(...sizes)).to.be.at.most(100);
    expect(await machine.scheduled()).to.deep.equal([]);
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('takes a snapshot at each time, and keeps the newest', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.snapshot('node7', 'mine');
    await machine.schedule('node7', '* * * * *', 2);

    const scheduler = new Scheduler(machine.parts);
    await scheduler.run(never);
    expect(await machine.listSnapshots('node7')).to.have.lengthOf(1);
    for (const at of [1, 2, 3]) {
      await machine.makeDue('node7/auto', at * minute);
      await world.clock.advance(1000);
      await scheduler.run(never);
    }

    expect((await machine.listSnapshots('node7')).map(({ name }) => name)).to.deep.equal([
      'mine',
      'auto-19700101T000200Z',
      'auto-19700101T000300Z',
    ]);
    expect(await world.leaks()).to.deep.equal([]);
  });

  for (const [when, restart] of [
    ['at the next start', true],
    ['while it runs', false],
  ] as const) {
    it(`is not silenced by a clock that was far ahead: what is due too late is computed anew ${when}`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();
      await machine.provision('node7', 'ubuntu');
      await machine.schedule('node7', '* * * * *', 2);
      let scheduler = new Scheduler(machine.parts);
      const wallMs = world.clock.now();
      world.clock.setWall(wallMs + 400 * 24 * 60 * minute);
      await scheduler.run(never);
      expect((await machine.schedulesNow())[0]?.nextAtMs).to.be.greaterThan(wallMs + 400 * 24 * 60 * minute);

      world.clock.setWall(wallMs);
      scheduler = restart ? new Scheduler(machine.parts) : scheduler;
      await scheduler.run(never);

      expect((await machine.schedulesNow())[0]?.nextAtMs).to.be.within(wallMs, wallMs + minute);
    });
  }

  it('catches up once on many missed times, and then waits for the next one', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.schedule('node7', '* * * * *', 9);
    await world.clock.advance(60 * minute);

    const scheduler = new Scheduler(machine.parts);
    await scheduler.run(never);
    await scheduler.run(never);

    expect(await machine.listSnapshots('node7')).to.have.lengthOf(1);
    const [schedule] = await machine.schedulesNow();
    expect(schedule?.nextAtMs).to.be.greaterThan(world.clock.now());
    expect(schedule?.nextAtMs).to.be.at.most(world.clock.now() + minute);
    expect(schedule).to.include({ lastAtMs: world.clock.now() });
  });

  it('keeps a snapshot that a disk is a clone of, in addition to the newest', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.schedule('node7', '* * * * *', 1);
    await machine.makeDue('node7/auto', minute);
    await machine.runSchedules();
    await machine.provision('node8', 'ubuntu', { snapshot: 'auto-19700101T000100Z' });

    for (const at of [2, 3]) {
      await world.clock.advance(1000);
      await machine.makeDue('node7/auto', at * minute);
      await machine.runSchedules();
    }

    expect((await machine.listSnapshots('node7')).map(({ name }) => name)).to.deep.equal([
      'auto-19700101T000100Z',
      'auto-19700101T000300Z',
    ]);
  });

  it('retries soon while the node is busy, and reports why it failed', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.schedule('node7', '* * * * *', 1);
    await machine.makeDue('node7/auto', minute);
    const scheduler = new Scheduler(machine.parts);
    world.pool.onClone = () => Promise.reject(storageError('OPERATION_PENDING', 'busy'));

    await scheduler.run(never);
    expect((await machine.schedulesNow())[0]).to.include({ nextAtMs: minute, lastError: 'busy' });
    expect(scheduler.pauseMs).to.equal(5000);
    world.pool.onClone = () => Promise.resolve();
    await scheduler.run(never);

    expect((await machine.schedulesNow())[0]).to.not.have.property('lastError');
    expect(await machine.listSnapshots('node7')).to.have.lengthOf(1);
  });

  it('waits for the next time when the pool is full', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.schedule('node7', '* * * * *', 1);
    await machine.makeDue('node7/auto', minute);
    world.pool.onClone = () => Promise.reject(storageError('POOL_FULL', 'full'));

    await new Scheduler(machine.parts).run(never);

    const [schedule] = await machine.schedulesNow();
    expect(schedule).to.include({ lastError: 'full' });
    expect(schedule?.nextAtMs).to.be.greaterThan(world.clock.now());
    expect(await world.leaks()).to.deep.equal([]);
  });

  it('pauses while the node is detached, and is removed with the node', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    await machine.schedule('node7', '* * * * *', 1);
    await machine.detach('node7', true);
    await machine.makeDue('node7/auto', minute);

    await machine.runSchedules();
    expect(await machine.listSnapshots('node7')).to.deep.equal([]);
    expect(await machine.scheduled()).to.deep.equal(['node7/auto']);
    const [paused] = await machine.parts.catalog.list(schedules);
    expect(paused?.value, 'it has not run').to.not.have.property('lastAtMs');
    await machine.detach('node7');
    expect(await machine.scheduled()).to.deep.equal([]);
  });

  it('takes a snapshot at the time of its zone, and keeps it apart from the same one in another zone', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');
    world.clock.setWall(Date.parse('2026-03-28T12:00Z'));

    const first = await machine.schedule('node7', '30 2 * * *', 4, 'auto', 'Europe/Berlin');

    expect(viewSchedule(first)).to.include({ zone: 'Europe/Berlin', nextAt: '2026-03-29T03:00:00+02:00' });
    expect(await machine.schedule('node7', '30 2 * * *', 4, 'auto', 'europe/berlin')).to.deep.equal(first);
    expect(await reasonOf(machine.schedule('node7', '30 2 * * *', 4, 'auto', 'UTC'))).to.equal(
      'SCHEDULE_EXISTS',
    );
    world.clock.setWall(Date.parse('2026-03-29T01:00:01Z'));
    await machine.runSchedules();
    expect((await machine.listSnapshots('node7')).map(({ name }) => name)).to.deep.equal([
      'auto-20260329T010000Z',
    ]);
    expect(viewSchedule((await machine.schedulesNow())[0]!)).to.include({
      lastAt: '2026-03-29T03:00:01+02:00',
      nextAt: '2026-03-30T02:30:00+02:00',
    });
  });

  for (const [what, broken] of [
    ['an expression', { cron: '0 0 L-3 * *' }],
    ['a time zone', { zone: 'Mars/Olympus' }],
  ] as const) {
    it(`is kept though another one has ${what} that this version does not know, which list_schedules tells`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();
      await machine.provision('node7', 'ubuntu');
      await machine.schedule('node7', '* * * * *', 2, 'a');
      await machine.schedule('node7', '* * * * *', 2, 'b');
      await machine.parts.catalog.transact(async (tx) => {
        const record = await tx.get(schedules, 'node7/a');
        tx.put(schedules, 'node7/a', { ...record!, ...broken });
      });
      await world.clock.advance(2 * minute);

      const scheduler = new Scheduler(machine.parts);
      await scheduler.run(never);
      await scheduler.run(never);

      const [a, b] = (await machine.schedulesNow()).map(viewSchedule);
      expect(a?.lastError).to.match(/cron expression .* (is not valid|cannot be computed)/);
      expect(b).to.not.have.property('lastError');
      expect((await machine.listSnapshots('node7')).map(({ schedule }) => schedule)).to.deep.equal(['b']);
      expect(scheduler.pauseMs).to.be.greaterThan(0);
    });
  }

  it('keeps an identical schedule, and refuses a different one of the same name', async () => {
    await using world = await World.open();
    const machine = await world.startWithImage();
    await machine.provision('node7', 'ubuntu');

    const first = await machine.schedule('node7', '0 */6 * * *', 4);
    expect(await machine.schedule('node7', '0 */6 * * *', 4)).to.deep.equal(first);
    expect(await reasonOf(machine.schedule('node7', '0 */6 * * *', 5))).to.equal('SCHEDULE_EXISTS');
    await machine.schedule('node7', '0 0 * * *', 7, 'daily');
    expect(await machine.scheduled()).to.deep.equal(['node7/auto', 'node7/daily']);
  });

  for (const cron of ['every day', '* * * *', '60 * * * *', '0 0 31 2 *', '$(reboot)', '* * * * * * *']) {
    it(`refuses an invalid cron expression: ${cron}`, async () => {
      await using world = await World.open();
      const machine = await world.startWithImage();
      await machine.provision('node7', 'ubuntu');

      expect(await reasonOf(machine.schedule('node7', cron, 4))).to.equal('SCHEDULE_INVALID');
      expect(await machine.scheduled()).to.deep.equal([]);
    });
  }
});
