import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { type CallFilter, type CallLogSettings, callsName, callsObject } from '@patchbay/calls';
import { type Caller, localCaller } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { alice, Desk, viewer } from './desk.js';

describe('A call log', () => {
  it('says who called what, for whom, how long it took and how it ended, with secrets masked', async () => {
    await using desk = await Desk.make({ results: true });
    const delegated: Caller = { ...alice, delegate: 'host:web1' };
    const metadata = { reason: 'ticket 4711' };
    await desk.call('desk.put', ['a', 'hunter2'], { caller: delegated, correlationId: 'chain', metadata });

    expect(await desk.find()).to.deep.equal([
      {
        atMs: desk.clock.now(),
        durationUs: 0,
        outgoing: false,
        caller: 'host:web1',
        onBehalfOf: 'user:alice',
        object: 'desk',
        method: 'put',
        peer: '10.0.0.7:40000',
        code: undefined,
        reason: undefined,
        comment: 'ticket 4711',
        callId: 'call-1',
        correlationId: 'chain',
        arguments: '["a","***"]',
        answerBytes: '{"text":"a","key":"hunter2"}'.length,
        answer: '{"text":"a","key":"***"}',
      },
    ]);
    expect(
      readdirSync(desk.directory)
        .map((each) => readFileSync(join(desk.directory, each), 'latin1'))
        .join(''),
    ).to.not.contain('hunter2');
  });

  const switches: [settings: Partial<CallLogSettings>, logged: string[]][] = [
    [{}, ['desk.put', 'desk.look failed', 'desk.put failed', 'desk.clear failed']],
    [
      { incoming: 'all' },
      ['desk.look', 'desk.put', 'desk.look failed', 'desk.put failed', 'desk.clear failed'],
    ],
    [{ incoming: 'failed' }, ['desk.look failed', 'desk.put failed', 'desk.clear failed']],
    [{ incoming: 'none' }, ['desk.clear failed']],
    [{ except: ['user:alice'] }, ['desk.clear failed']],
  ];
  for (const [settings, logged] of switches) {
    it(`logs what ${JSON.stringify(settings)} asks for, and always what is refused`, async () => {
      await using desk = await Desk.make(settings);
      await desk.call('desk.look', ['a'], { caller: alice });
      await desk.call('desk.put', ['a'], { caller: alice });
      await desk.call('desk.look', [1], { caller: alice });
      await desk.call('desk.put', ['nothing'], { caller: alice });
      await desk.call('desk.clear', [], { caller: alice });
      const found = await desk.find();
      const shown = found.map(
        ({ object, method, code }) => `${object}.${method}${code === undefined ? '' : ' failed'}`,
      );
      expect(shown.reverse()).to.deep.equal(logged);
    });
  }

  it('has refused calls without their arguments, and tells the system log of them', async () => {
    await using desk = await Desk.make({ incoming: 'none' });
    await desk.call('desk.put', ['a'], { caller: viewer });
    await desk.call('storage.wipe', ['a'], { caller: { ...viewer, principal: 'anonymous', roles: [] } });
    expect(
      (await desk.find()).map(({ caller, reason, arguments: given }) => [caller, reason, given]),
    ).to.deep.equal([
      ['anonymous', 'CALLER_UNKNOWN', undefined],
      ['user:eve', 'CALLER_REFUSED', undefined],
    ]);
    expect(
      desk.systemLog.lines.map(({ message, fields }) => [message, fields.caller, fields.method]),
    ).to.deep.equal([
      ['refused a call', 'user:eve', 'put'],
      ['refused a call', 'anonymous', 'wipe'],
    ]);
  });

  it('does not flood the system log', async () => {
    await using desk = await Desk.make();
    for (let index = 0; index < 100; index++) {
      await desk.call('desk.put', ['a'], { caller: viewer });
    }
    expect(desk.systemLog.lines).to.have.lengthOf(20);
    expect(await desk.find()).to.have.lengthOf(100);
  });

  it('always has what changes identities', async () => {
    await using desk = await Desk.make({ incoming: 'none', except: ['local'] });
    for (const method of ['status', 'list_hosts', 'create_token', 'approve']) {
      await desk.call(`identity.${method}`);
    }
    expect(await desk.methods()).to.have.members(['identity.create_token', 'identity.approve']);
    expect(desk.systemLog.lines).to.have.lengthOf(2);
  });

  it('logs the calls of its own clients, without arguments', async () => {
    await using desk = await Desk.make();
    const call = {
      object: 'other',
      method: 'work',
      callId: 'c1',
      correlationId: 'c0',
      metadata: {},
      endpoint: '10.0.0.1:7441',
    };
    await desk.calls.outgoing(call as never, () => Promise.resolve('done'));
    expect(await desk.find({ direction: 'out' })).to.have.lengthOf(1);
    expect((await desk.find({ correlationId: 'c0' }))[0]).to.include({
      caller: 'local',
      peer: '10.0.0.1:7441',
      arguments: undefined,
    });
  });

  const filters: [filter: CallFilter, found: string[]][] = [
    [{}, ['4', '3', '2', '1']],
    [{ caller: 'user:alice' }, ['3', '2']],
    [{ caller: 'user:*' }, ['4', '3', '2']],
    [{ caller: 'user:nobody' }, []],
    [{ onBehalfOf: 'user:eve' }, []],
    [{ method: 'desk.put' }, ['4', '3', '1']],
    [{ method: 'desk.*', caller: 'local' }, ['1']],
    [{ failed: true }, ['4', '2']],
    [{ failed: false, caller: 'user:alice' }, ['3']],
    [{ error: 'PERMISSION_DENIED' }, ['4', '2']],
    [{ error: 'CALLER_REFUSED', method: 'desk.clear' }, ['2']],
    [{ correlationId: 'call-1' }, ['3', '1']],
    [{ text: 'beta', since: '1d' }, ['3']],
    [{ since: '90s' }, ['4', '3']],
    [{ until: '90s' }, ['2', '1']],
    [{ direction: 'out' }, []],
  ];
  for (const [filter, found] of filters) {
    it(`finds calls by ${JSON.stringify(filter)}`, async () => {
      await using desk = await Desk.make();
      await desk.call('desk.put', ['alpha']);
      await desk.call('desk.clear', [], { caller: alice });
      await desk.clock.advance(120_000);
      await desk.call('desk.put', ['beta'], { caller: alice, correlationId: 'call-1' });
      await desk.call('desk.put', ['gamma'], { caller: viewer });
      expect((await desk.find(filter)).map(({ callId }) => callId.replace('call-', ''))).to.deep.equal(found);
      const pages: string[] = [];
      let from: string | undefined;
      do {
        const page = await desk.calls.page(filter, { limit: 1, from });
        pages.push(...page.calls.map(({ callId }) => callId.replace('call-', '')));
        from = page.next;
      } while (from !== undefined);
      expect(pages, 'page by page').to.deep.equal(found);
    });
  }

  const refused: [filter: CallFilter, from: string | undefined, reason: string][] = [
    [{ text: 'a' }, undefined, 'SPAN_TOO_LONG'],
    [{ text: 'a', since: '32d' }, undefined, 'SPAN_TOO_LONG'],
    [{ since: 'yesterday' }, undefined, 'ARGUMENT_INVALID'],
    [{}, '1;2', 'ARGUMENT_INVALID'],
  ];
  for (const [filter, from, reason] of refused) {
    it(`refuses ${JSON.stringify(filter)} from ${String(from)}`, async () => {
      await using desk = await Desk.make();
      await refusal(desk.calls.page(filter, { limit: 1, from }), reason);
    });
  }

  it('is followed', async () => {
    await using desk = await Desk.make();
    const stop = new AbortController();
    const followed = desk.calls.follow({ method: 'desk.put' }, stop.signal);
    const first = followed.next();
    await desk.call('desk.clear');
    await desk.call('desk.put', ['a']);
    expect((await first).value?.record.callId).to.equal('call-2');
    for (let index = 0; index < 1_010; index++) {
      await desk.call('desk.put', ['a']);
    }
    for (let index = 0; index < 1_000; index++) {
      await followed.next();
    }
    await desk.call('desk.put', ['a']);
    expect((await followed.next()).value?.missed, 'a slow follower').to.equal(10);
    stop.abort();
    expect((await followed.next()).done).to.equal(true);
  });

  it('writes in slices, between which other work runs', async () => {
    await using desk = await Desk.make({ incoming: 'all' });
    for (let index = 0; index < 999; index++) {
      await desk.call('desk.put', ['a']);
    }
    let nowMs = 0;
    desk.clock.monotonicMs = () => nowMs++; // each look at the time takes 1 ms
    let turns = 0;
    const written = desk.find({}, 1_000);
    for (let isWritten = false; !isWritten; turns++) {
      isWritten = await Promise.race([
        written.then(() => true),
        new Promise<boolean>((resolve) => setImmediate(resolve, false)),
      ]);
    }
    expect(await written).to.have.length(999);
    expect(turns).to.be.above(10);
  });

  it('writes by itself, and is read again', async () => {
    await using desk = await Desk.make();
    await desk.call('desk.put', ['a']);
    await desk.clock.advance(200);
    await desk.reopen();
    await desk.call('desk.put', ['b']);
    expect(await desk.methods()).to.deep.equal(['desk.put', 'desk.put']);
  });

  it('forgets what is old', async () => {
    await using desk = await Desk.make({ keep: 3_600_000 });
    await desk.call('desk.clear');
    await desk.clock.advance(3_000_000);
    await desk.call('desk.put', ['a']);
    await desk.clock.advance(1_200_000);
    await desk.calls.prune();
    expect(await desk.methods()).to.deep.equal(['desk.put']);
  });

  it('forgets the oldest when it is too large', async () => {
    await using desk = await Desk.make({ maxBytes: 256 * 1024 });
    for (let index = 0; index < 4_000; index++) {
      await desk.call('desk.put', [`text ${String(index)}`]);
    }
    await desk.find();
    await desk.calls.prune();
    expect(desk.calls.status().bytes).to.be.below(256 * 1024);
    expect((await desk.find())[0]?.arguments).to.equal('["text 3999"]');
  });

  it('has bounded arguments', async () => {
    await using desk = await Desk.make();
    await desk.call('desk.put', ['x'.repeat(100_000)]);
    await desk.call('desk.put', [Array.from({ length: 1_000 }, () => 'y'.repeat(1_000))]);
    await desk.call('desk.put', [{ deep: { deep: { deep: { deep: { deep: { deep: { deep: 1 } } } } } } }]);
    for (const { arguments: given } of await desk.find()) {
      expect(given?.length).to.be.below(1_500);
      JSON.parse(given ?? '');
    }
  });
});

describe("A call log's file", () => {
  it('is for its owner alone, whatever the umask and its mode before', async () => {
    await using desk = await Desk.make();
    const before = process.umask(0);
    try {
      await desk.call('desk.put', ['a']);
      await desk.find();
      const files = readdirSync(desk.directory).map(
        (each) => statSync(join(desk.directory, each)).mode & 0o777,
      );
      expect(new Set(files)).to.deep.equal(new Set([0o600]));
      await desk.calls[Symbol.asyncDispose]();
      chmodSync(desk.file, 0o644);
      await desk.reopen();
      expect(await desk.find()).to.have.lengthOf(1);
      expect(statSync(desk.file).mode & 0o777).to.equal(0o600);
    } finally {
      process.umask(before);
    }
  });

  it('is moved aside when it is damaged, and a new one begins', async () => {
    await using desk = await Desk.make();
    writeFileSync(desk.file, 'this is no database, and was never one, as everybody can see'.repeat(100));
    await desk.call('desk.put', ['a']);
    expect(await desk.methods()).to.deep.equal(['desk.put']);
    expect(readdirSync(desk.directory).filter((each) => each.includes('.damaged-'))).to.have.lengthOf(1);
    expect(desk.systemLog.lines.map(({ message }) => message)).to.deep.equal([
      'the call log is damaged; it was moved aside, and a new one begins',
    ]);
  });

  it('is moved aside when it is torn while it is open', async () => {
    await using desk = await Desk.make();
    for (let index = 0; index < 200; index++) {
      await desk.call('desk.put', ['a'.repeat(100)]);
    }
    await desk.reopen();
    const whole = readFileSync(desk.file);
    whole.fill(0x5a, 4096);
    await desk.calls[Symbol.asyncDispose]();
    writeFileSync(desk.file, whole);
    await desk.reopen();
    await desk.call('desk.put', ['b']);
    expect((await desk.find({ method: 'desk.put' }))[0]?.arguments).to.equal('["b"]');
    expect(existsSync(desk.file)).to.equal(true);
  });

  it('may be missing: calls are served, dropped and counted, until it can be written', async () => {
    await using desk = await Desk.make({}, 'missing/calls.sqlite');
    writeFileSync(dirname(desk.file), 'a file in place of the directory');
    desk.calls.open();
    await desk.call('desk.put', ['a']);
    await refusal(desk.calls.page({}, { limit: 1 }), 'CALL_LOG_UNAVAILABLE');
    expect(desk.calls.status()).to.include({ dropped: 1, bytes: undefined });
    expect(desk.calls.status().problem).to.be.a('string');
    unlinkSync(dirname(desk.file));
    mkdirSync(dirname(desk.file));
    await desk.clock.advance(10_000);
    await desk.call('desk.put', ['b']);
    expect((await desk.find())[0]?.arguments).to.equal('["b"]');
    expect(desk.systemLog.lines.map(({ message }) => message)).to.deep.equal([
      'calls are not logged: the call log cannot be used',
      'the call log can be used again',
      'calls were not logged',
    ]);
  });
});

describe('The object of a call log', () => {
  it('has the name of the daemon and its machine', () => {
    expect(callsName('rpcserver', 'Web1.example.org')).to.equal('calls.rpcserver.web1');
    expect(callsName('rpcserver', '_')).to.equal('calls.rpcserver.localhost');
  });

  it('is for admins', async () => {
    await using desk = await Desk.make();
    const { methods } = callsObject(desk.calls);
    expect(Object.values(methods).map(({ access }) => access)).to.deep.equal([
      'administer',
      'administer',
      'administer',
    ]);
    expect(localCaller('x').principal).to.equal('local');
  });
});
