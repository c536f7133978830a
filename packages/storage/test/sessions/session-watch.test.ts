import { expect } from 'chai';

import { statusOf } from '../../src/pool/status.js';
import type { ConflictPolicy } from '../../src/sessions/conflict-policy.js';
import { SessionWatch, watchEveryMs } from '../../src/sessions/session-watch.js';
import { viewDetails } from '../../src/views/node-view.js';
import { nodeName } from '../../src/names.js';
import { Faults } from '../fakes/faults.js';
import type { Machine } from '../fakes/machine.js';
import { World } from '../fakes/world.js';

/** A node's disk, the machines that log in to it, and the watch. */
class Rack implements AsyncDisposable {
  readonly world: World;
  readonly machine: Machine;
  readonly iqn: string;
  readonly initiator: string;
  readonly #watch: SessionWatch;
  readonly policies: ConflictPolicy[] = [];
  #sid = 0;

  private constructor(
    world: World,
    machine: Machine,
    iqn: string,
    initiator: string,
    onConflict: ConflictPolicy,
  ) {
    this.world = world;
    this.machine = machine;
    this.iqn = iqn;
    this.initiator = initiator;
    this.#watch = new SessionWatch(machine.parts, {
      onConflict,
      ended: (policy) => {
        this.policies.push(policy);
      },
    });
  }

  static async open(onConflict: ConflictPolicy, ofNode?: ConflictPolicy): Promise<Rack> {
    const world = await World.open();
    const machine = await world.startWithImage();
    const { target } = await machine.provision('node7', 'ubuntu', { onConflict: ofNode });
    return new Rack(world, machine, target.iqn, target.initiator, onConflict);
  }

  /** A machine logs in, unless it is refused; returns its session's number. */
  login(address: string, initiator = this.initiator): number {
    this.#sid += 1;
    if (this.world.targets.refusing.has(this.iqn)) {
      return this.#sid;
    }
    const connections = this.world.targets.connections.get(this.iqn) ?? [];
    // tgtd lists the newest first.
    const connection = { sid: this.#sid, cid: 0, initiator, address };
    this.world.targets.connections.set(this.iqn, [connection, ...connections]);
    this.world.targets.received.set(this.#sid, 1);
    return this.#sid;
  }

  logout(sid: number): void {
    const connections = this.world.targets.connections.get(this.iqn) ?? [];
    this.world.targets.connections.set(
      this.iqn,
      connections.filter((each) => each.sid !== sid),
    );
  }

  /** Lets time pass, in which only these sessions send something, every 5 s as the pings of idle initiators. */
  async pass(ms: number, ...talking: readonly number[]): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += watchEveryMs) {
      await this.world.clock.advance(watchEveryMs);
      for (const sid of passedMs % 5000 === 0 ? talking : []) {
        this.world.targets.received.set(sid, (this.world.targets.received.get(sid) ?? 0) + 48);
      }
      await this.#watch.run();
    }
  }

  get sids(): number[] {
    return (this.world.targets.connections.get(this.iqn) ?? []).map(({ sid }) => sid).sort((a, b) => a - b);
  }

  async alerts(): Promise<readonly string[]> {
    const { alerts } = await viewDetails(this.machine.parts, nodeName.parse('node7'));
    return alerts.map(({ kind }) => kind);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }
}

const [a, b] = ['10.0.0.7', '10.0.0.8'];
const conflict = ['session-conflict'];

describe('several sessions on one disk', () => {
  it('are two machines at once where their addresses differ; status, the node, an event and the log tell', async () => {
    await using rack = await Rack.open('report');
    rack.login(a);
    await rack.pass(20_000);
    expect(await rack.alerts()).to.deep.equal([]);
    const second = rack.login(b);
    await rack.pass(watchEveryMs);

    expect(await rack.alerts()).to.deep.equal(conflict);
    const { problems } = await statusOf(rack.machine.parts);
    expect(problems.map(({ part, reason }) => [part, reason])).to.deep.equal([
      ['targets', 'SESSION_CONFLICT'],
    ]);
    const { sessions, connected } = await viewDetails(rack.machine.parts, nodeName.parse('node7'));
    expect(sessions.map(({ address, initiator }) => [address, initiator])).to.deep.equal([
      [b, rack.initiator],
      [a, rack.initiator],
    ]);
    expect(connected).to.deep.equal([b, a]);
    expect(rack.sids).to.have.length(2);

    rack.logout(second);
    await rack.pass(watchEveryMs);
    expect(await rack.alerts()).to.deep.equal([]);
    const things: string[] = [];
    for await (const { event } of rack.machine.parts.events.all()) {
      things.push(`${event.thing} ${event.state ?? 'gone'}`);
    }
    expect(things.slice(-2)).to.deep.equal([
      'alert:node7/session-conflict raised',
      'alert:node7/session-conflict gone',
    ]);
  });

  it('are two machines, at one address, as soon as the earlier is heard after the later has logged in', async () => {
    await using rack = await Rack.open('report');
    const first = rack.login(a);
    await rack.pass(5000, first);
    const second = rack.login(a);
    await rack.pass(4500, second);
    expect(await rack.alerts()).to.deep.equal([]);
    await rack.pass(6000, first, second);
    expect(await rack.alerts()).to.deep.equal(conflict);
  });

  const policies = ['report', 'keep', 'replace'] as const;
  for (const policy of policies) {
    it(`are no conflict where the firmware leaves one behind (${policy})`, async () => {
      await using rack = await Rack.open(policy);
      rack.login(a);
      await rack.pass(5000);
      const system = rack.login(a);
      for (let second = 0; second < 30; second++) {
        await rack.pass(1000, system);
        expect(await rack.alerts()).to.deep.equal([]);
      }
      expect(rack.sids).to.deep.equal(policy === 'report' ? [1, 2] : [2]);
    });

    it(`are no conflict for long where a machine comes back with another address (${policy})`, async () => {
      await using rack = await Rack.open(policy);
      rack.login(a);
      await rack.pass(60_000);
      let back = rack.login(b);
      for (let second = 0; second < 16; second++) {
        await rack.pass(1000, back);
        if (!rack.sids.includes(back)) {
          back = rack.login(b); // it tries again
        }
      }
      await rack.pass(31_000, back);
      expect(await rack.alerts()).to.deep.equal([]);
      expect(rack.sids).to.include(back);
    });
  }

  it('are reduced to the first by the policy "keep"; the other is refused until the first is gone', async () => {
    await using rack = await Rack.open('keep');
    const first = rack.login(a);
    await rack.pass(5000, first);
    rack.login(b);
    await rack.pass(watchEveryMs, first);
    for (let times = 0; times < 20; times++) {
      rack.login(b);
      expect(rack.sids).to.deep.equal([first]);
      await rack.pass(5000, first);
    }
    expect(await rack.alerts()).to.deep.equal(conflict);
    expect(rack.policies).to.deep.equal(['keep']);
    rack.logout(first);
    await rack.pass(watchEveryMs);
    expect(await rack.alerts()).to.deep.equal([]);
    const next = rack.login(b);
    expect(rack.sids).to.deep.equal([next]);
  });

  it('are refused, by the policy "keep", no longer than 15 s when the first machine has crashed', async () => {
    await using rack = await Rack.open('keep');
    const first = rack.login(a);
    await rack.pass(5000, first);
    rack.login(b);
    await rack.pass(watchEveryMs, first);
    await rack.pass(16_000);
    const back = rack.login(a);
    await rack.pass(1000, back);
    expect(rack.sids).to.deep.equal([back]);
    expect(await rack.alerts()).to.deep.equal([]);
  });

  it('are reduced to the first by the policy "keep" at one address too, when it is heard', async () => {
    await using rack = await Rack.open('keep');
    const first = rack.login(a);
    await rack.pass(5000, first);
    const second = rack.login(a);
    await rack.pass(6000, first, second);
    expect(rack.sids).to.deep.equal([first]);
    rack.login(a);
    await rack.pass(watchEveryMs);
    expect(rack.sids, 'at once, as long as they contend').to.deep.equal([first]);
  });

  for (const [where, address] of [
    ['another address', b],
    ['the same address', a],
  ] as const) {
    it(`are reduced to the last, from ${where}, by the policy "replace"; the other does not get it back`, async () => {
      await using rack = await Rack.open('replace');
      const first = rack.login(a);
      await rack.pass(5000, first);
      const second = rack.login(address);
      await rack.pass(watchEveryMs, first, second);
      expect(rack.sids).to.deep.equal([second]);
      let writes = 0;
      for (let times = 0; times < 100; times++) {
        writes += rack.sids.includes(rack.login(a)) ? 1 : 0;
        await rack.pass(watchEveryMs, second);
        expect(rack.sids).to.deep.equal([second]);
        await rack.pass(5000, second);
      }
      expect(writes, 'logins in ten minutes').to.be.below(6);
      // The first machine is switched off, and on again after some time.
      await rack.pass(700_000, second);
      expect(await rack.alerts()).to.deep.equal([]);
      const later = rack.login(a);
      await rack.pass(watchEveryMs, later);
      expect(rack.sids).to.deep.equal([later]);
    });
  }

  it("are judged by the node's own policy, which a later provision changes", async () => {
    await using rack = await Rack.open('report', 'keep');
    const first = rack.login(a);
    await rack.pass(1000, first);
    const second = rack.login(b);
    await rack.pass(1000, first, second);
    expect(rack.sids).to.deep.equal([first]);
    await rack.machine.provision('node7', 'ubuntu', { onConflict: 'report' });
    await rack.pass(1000, first);
    const third = rack.login(b);
    await rack.pass(1000, first, third);
    expect(rack.sids).to.deep.equal([first, third]);
    const { onConflict } = await viewDetails(rack.machine.parts, nodeName.parse('node7'));
    expect(onConflict).to.equal('report');
    await rack.machine.provision('node7', 'ubuntu');
    expect((await viewDetails(rack.machine.parts, nodeName.parse('node7'))).onConflict).to.equal('report');
  });

  for (const when of ['before', 'after'] as const) {
    it(`are judged alike by the next server when one dies ${when} any effect`, async () => {
      let struck = true;
      let at = 1;
      for (; struck; at += 1) {
        await using rack = await Rack.open('keep');
        const first = rack.login(a);
        rack.login(b);
        const faults = new Faults({ kind: 'crash', when, at });
        const dying = new SessionWatch(rack.world.start(faults).parts, { onConflict: 'keep' });
        await dying.run().catch(() => undefined);
        struck = faults.struck;
        await rack.pass(1000, first);
        expect(rack.sids).to.deep.equal([first]);
        rack.logout(first);
        await rack.pass(1000);
        expect(await rack.alerts()).to.deep.equal([]);
        expect(await rack.world.leaks()).to.deep.equal([]);
      }
      expect(at, 'effects').to.be.above(3);
    });
  }

  it('are looked at only when connections come and go', async () => {
    await using rack = await Rack.open('keep');
    rack.login(a);
    await rack.pass(5000);
    let lists = 0;
    const list = rack.world.targets.list.bind(rack.world.targets);
    rack.world.targets.list = (daemon) => {
      lists += 1;
      return list(daemon);
    };
    await rack.pass(60_000);
    expect(lists).to.equal(0);
    rack.login(b);
    await rack.pass(watchEveryMs);
    expect(lists).to.equal(1);
  });
});
