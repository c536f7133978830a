import { callsObject, CallReporter, nameServerCallsObject, type ReportedCall } from '@patchbay/calls';
import { type Caller, localCaller, silentLog } from '@patchbay/objects';
import { FakeClock, refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { Desk, viewer } from './desk.js';

const host: Caller = { peer: '10.0.0.2:40000', principal: 'host:web1', groups: [], roles: [] };

/** Calls that a server reports. */
function reports(count: number, atMs = 0): ReportedCall[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ atMs, durationUs: 5, caller: 'user:eve', object: 'storage', method: 'wipe' },
    ...{ code: 'PERMISSION_DENIED', reason: 'CALLER_REFUSED' },
    ...{ callId: `far-${String(index)}`, correlationId: `far-${String(index)}` },
  }));
}

describe('Calls that are logged whatever is set', () => {
  it('are reported as they are answered, and no others', async () => {
    await using desk = await Desk.make({ incoming: 'all' });
    const reported: string[] = [];
    desk.calls.reportTo(({ object, method, reason }) => {
      reported.push(`${object}.${method} ${String(reason)}`);
    });
    await desk.call('desk.put', ['a']);
    await desk.call('desk.put', ['nothing']);
    await desk.call('desk.put', ['a'], { caller: viewer });
    await desk.call('identity.create_token');
    expect(reported).to.deep.equal(['desk.put CALLER_REFUSED', 'identity.create_token undefined']);
  });

  it('are sent some at a time, once a second; what is too much is dropped, counted, and told', async () => {
    await using desk = await Desk.make();
    const clock = new FakeClock();
    const sent: [count: number, missed: number][] = [];
    const times: number[] = [];
    let isDown = true;
    await using reporter = new CallReporter({
      clock,
      log: silentLog,
      send: (calls, missed) => {
        sent.push([calls.length, missed]);
        times.push(clock.monotonicMs());
        return isDown ? Promise.reject(new Error('nobody answers')) : Promise.resolve();
      },
    });
    desk.calls.reportTo((record) => {
      reporter.add(record);
    });
    for (let count = 0; count < 1_003; count++) {
      await desk.call('desk.put', ['a'], { caller: viewer });
    }
    await clock.advance(0);
    expect(sent).to.deep.equal([[1, 0]]);
    isDown = false;
    await clock.advance(60_000);
    const all = [[1, 0], [100, 3], ...Array.from({ length: 9 }, () => [100, 0])];
    expect(sent).to.deep.equal(all);
    const gaps = times.slice(2).map((atMs, index) => Math.round(atMs - (times[index + 1] ?? 0)));
    expect(gaps).to.deep.equal(gaps.map(() => 1_000));
    await desk.call('desk.put', ['a'], { caller: viewer });
    await clock.advance(0);
    expect(sent.at(-1)).to.deep.equal([1, 0]);
  });
});

describe('The log of a name server', () => {
  it('has what servers report, with who does, and the time within a day', async () => {
    await using desk = await Desk.make();
    const now = desk.clock.now();
    const times = [now - 5_000, now - 2 * 86_400_000, now + 60_000];
    for (const [index, atMs] of times.entries()) {
      desk.calls.takeReports(`host:web${String(index)}`, reports(1, atMs), index);
    }
    const found = await desk.find({ caller: 'user:eve' });
    expect(found.map(({ reportedBy, atMs }) => [reportedBy, now - atMs])).to.deep.equal([
      ['host:web2', 0],
      ['host:web0', 5_000],
      ['host:web1', 86_400_000],
    ]);
    const [line] = desk.systemLog.lines;
    expect([line?.message, line?.fields.reporter, line?.fields.missed]).to.deep.equal([
      'a server could not report all of its calls',
      'host:web1',
      1,
    ]);
  });

  it('takes no more from a server than it may report, and the same again later', async () => {
    await using desk = await Desk.make();
    const take = (reporter: string): Promise<void> =>
      Promise.resolve().then(() => {
        desk.calls.takeReports(reporter, reports(100), 0);
      });
    for (let count = 0; count < 10; count++) {
      await take('host:web1');
    }
    await refusal(take('host:web1'), 'REPORTS_EXHAUSTED');
    await take('host:web2');
    await desk.clock.advance(5_000);
    await take('host:web1');
    await refusal(take('host:web1'), 'REPORTS_EXHAUSTED');
  });

  it('takes reports from hosts and admins alone', async () => {
    await using desk = await Desk.make();
    desk.host('calls.nameserver', nameServerCallsObject(desk.calls));
    for (const caller of [host, viewer, localCaller('unix:/run/x')]) {
      await desk.call('calls.nameserver.report', [reports(1), {}], { caller });
    }
    const found = await desk.find({ method: 'storage.wipe' });
    expect(found.map(({ reportedBy }) => reportedBy)).to.deep.equal(['local', 'host:web1']);
    expect(callsObject(desk.calls).methods).to.not.have.property('report');
  });
});
