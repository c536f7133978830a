import { expect } from 'chai';
import { z } from 'zod';

import {
  type AnsweredCall,
  type Caller,
  type CallOptions,
  isRpcError,
  logCalls,
  localCaller,
  type PolicyGrant,
  type SignaturesOf,
  type Subscription,
  systemClock,
} from '@patchbay/objects';
import {
  arg,
  callback,
  defineObject,
  Dispatcher,
  method,
  objectOf,
  ownObject,
} from '@patchbay/objects/define';
import { ClusterPolicy } from '@patchbay/objects/identity';
import { eventually, RecordingLog, refusal } from '@patchbay/objects/testing';

import { ObjectClient, routeTo } from '../src/client/index.js';
import { MemoryTransport } from '../src/memory/index.js';

const until = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
const who = ({ principal, delegate }: Caller): string => [principal, delegate ?? 'itself'].join(' by ');
const whoMethod = method({
  summary: 'Return who calls',
  access: 'view',
  returns: z.string(),
  run: ({ caller }) => who(caller),
});

/** The functions that `keep` kept. */
const kept: Subscription[] = [];
const drawer = defineObject({ summary: 'A drawer', methods: { who: whoMethod } });
const desk = defineObject({
  summary: 'A desk',
  methods: {
    who: whoMethod,
    purge: method({ summary: 'Purge', access: 'administer', returns: z.null(), run: () => null }),
    wait: method({
      summary: 'Wait until cancelled',
      returns: z.null(),
      run: ({ signal }) => until(signal),
    }),
    open: method({ summary: 'Open', access: 'view', returns: objectOf<typeof drawer>(), run: () => drawer }),
    close: method({
      summary: 'Close',
      access: 'view',
      args: [arg('drawer', ownObject<typeof drawer>(), 'a drawer')],
      returns: z.null(),
      run: () => null,
    }),
    keep: method({
      summary: 'Keep a function',
      access: 'view',
      args: [arg('fn', callback([], z.null()), 'a function')],
      returns: z.null(),
      run: (fn, context) => {
        kept.push(context.subscribe(fn));
        return null;
      },
    }),
    tell: method({
      summary: 'Pass a drawer to a function',
      access: 'view',
      args: [arg('look', callback([objectOf<typeof drawer>()], z.string()), 'a function')],
      returns: z.string(),
      run: (look) => look(drawer),
    }),
  },
});
type Desk = SignaturesOf<typeof desk>;

const grant = (to: string, role: PolicyGrant['role'], objects = 'desk'): PolicyGrant => ({
  ...{ id: `${to}-${role}`, to, role, objects, methods: '*' },
});

function serve(makeCaller: (policy: ClusterPolicy) => Caller) {
  const policy = new ClusterPolicy({
    ...{ revision: 1, cluster: 'c1', roots: [] },
    principals: [
      { principal: 'host:console', state: 'active', groups: [], fingerprints: [] },
      { principal: 'user:alice', state: 'active', groups: [], fingerprints: [] },
      { principal: 'user:bob', state: 'active', groups: [], fingerprints: [] },
    ],
    grants: [
      grant('host:console', 'delegate'),
      grant('user:alice', 'operator'),
      grant('user:bob', 'operator'),
    ],
  });
  const log = new RecordingLog();
  const answered: AnsweredCall[] = [];
  const dispatcher = new Dispatcher({
    ...{ clock: systemClock, log, delegations: policy },
    interceptors: [logCalls({ log, clock: systemClock })],
    observer: { answered: (call) => answered.push(call) },
  });
  dispatcher.host('desk', desk);
  const transport = new MemoryTransport(dispatcher, { caller: makeCaller(policy) });
  const client = new ObjectClient({ clock: systemClock, transport, router: routeTo('in-memory') });
  return {
    ...{ policy, log, answered, dispatcher, client },
    desk: (options: CallOptions = {}) => client.proxy<Desk>('desk', options),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      transport.close();
    },
  };
}
const byConsole = (): ReturnType<typeof serve> =>
  serve((policy) => policy.callerFor('host:console', 'in-memory') as Caller);
const alice: CallOptions = { onBehalfOf: 'user:alice' };

describe('A session whose calls are on behalf of somebody', () => {
  it('has the rights of whom each call is for, and those of nobody else', async () => {
    await using served = byConsole();
    expect(await served.desk(alice).who()).to.equal('user:alice by host:console');
    expect(await served.desk().with({ onBehalfOf: 'user:bob' }).who()).to.equal('user:bob by host:console');
    await refusal(served.desk().who(), 'CALLER_REFUSED');
    await refusal(served.desk(alice).purge(), 'CALLER_REFUSED');
  });

  it('has both in the log line and in the log of calls', async () => {
    await using served = byConsole();
    await served.desk(alice).who();
    const line = served.log.lines.find(({ message }) => message === 'a call ended');
    expect(line?.fields).to.include({ caller: 'host:console', onBehalfOf: 'user:alice' });
    expect(who(served.answered[0]?.caller ?? expect.fail())).to.equal('user:alice by host:console');
  });

  it('takes them from the machine itself', async () => {
    await using served = serve(() => localCaller('in-memory'));
    expect(await served.desk(alice).who()).to.equal('user:alice by local');
    expect(await served.desk().who()).to.equal('local by itself');
    await refusal(served.desk(alice).purge(), 'CALLER_REFUSED');
  });

  it('carries whom they are for in batches, in calls of many objects and on command lines', async () => {
    await using served = byConsole();
    const { client } = served;
    const [result] = await client.batch((batch) => [batch.proxy<Desk>('desk').who()], alice);
    expect(result).to.deep.include({ value: 'user:alice by host:console' });
    async function* names(): AsyncGenerator<string> {
      yield await Promise.resolve('desk');
    }
    const [each] = await client.fanOut<Desk>(names, alice).who();
    expect(each).to.deep.include({ value: 'user:alice by host:console' });
    expect(await client.callWithArgv('desk', 'who', [], alice)).to.equal('user:alice by host:console');
  });

  for (const [what, given, reason] of [
    ['nothing', undefined, 'ARGUMENT_INVALID'],
    ['an empty name', '', 'ARGUMENT_INVALID'],
    ['a SPIFFE ID', 'spiffe://c1/user/alice', 'ARGUMENT_INVALID'],
    ['local', 'local', 'LOGIN_REQUIRED'],
  ] as const) {
    it(`fails with ${reason} before it is sent where it names ${what}`, async () => {
      await using served = byConsole();
      const error = await refusal(served.desk({ onBehalfOf: given } as CallOptions).who(), reason);
      expect(isRpcError(error)).to.equal(true);
      expect(served.answered).to.deep.equal([]);
    });
  }

  it('hands out objects to whom the call was for, and refuses them to all others', async () => {
    await using served = byConsole();
    using opened = await served.desk(alice).open();
    expect(await opened.who()).to.equal('user:alice by host:console');
    expect(await served.desk(alice).open().who()).to.equal('user:alice by host:console');
    await served.desk(alice).close(opened);
    const bob = { onBehalfOf: 'user:bob' };
    await refusal(opened.with(bob).who(), 'DELEGATION_REFUSED');
    await refusal(served.desk(bob).close(opened), 'DELEGATION_REFUSED');
    await refusal(served.desk().close(opened), 'DELEGATION_REFUSED');
  });

  it('passes objects to functions for whom the call was for', async () => {
    await using served = byConsole();
    expect(await served.desk(alice).tell((object) => object.who())).to.equal('user:alice by host:console');
  });

  for (const [what, change] of Object.entries({
    'whom it is for is revoked': {
      principals: [
        { principal: 'user:alice' as const, state: 'revoked' as const, groups: [], fingerprints: [] },
      ],
    },
    'whom it is for loses the role': { removedGrants: ['user:alice-operator'] },
    'the delegate loses its grant': { removedGrants: ['host:console-delegate'] },
  })) {
    it(`is cancelled with PERMISSION_REVOKED when ${what}, and others go on`, async () => {
      await using served = byConsole();
      const waiting = refusal(served.desk(alice).wait(), 'PERMISSION_REVOKED');
      const other = served.desk({ onBehalfOf: 'user:bob' }).wait();
      await eventually(() => served.dispatcher.running === 2);
      served.policy.apply({ revision: 2, ...change });
      served.dispatcher.reauthorize();
      expect((await waiting).message).to.contain('host:console on behalf of user:alice');
      expect(served.dispatcher.running).to.equal(what === 'the delegate loses its grant' ? 0 : 1);
      other.cancel();
      await refusal(other);
    });
  }

  it('loses the functions that methods keep when whom they were passed for loses the right', async () => {
    await using served = byConsole();
    kept.length = 0;
    const calls = ['user:alice', 'user:bob'].map((onBehalfOf) =>
      served.desk({ onBehalfOf }).keep(() => null),
    );
    await Promise.all(calls);
    served.policy.apply({ revision: 2, removedGrants: ['user:alice-operator'] });
    served.dispatcher.reauthorize();
    expect(kept.map(({ signal }) => signal.aborted)).to.deep.equal([true, false]);
    expect(kept[0]?.signal.reason).to.have.property('reason', 'PERMISSION_REVOKED');
    await calls[0]?.released;
  });

  it('gives a running call the rights that whom it is for has by then', async () => {
    await using served = byConsole();
    const waiting = served.desk(alice).wait();
    await eventually(() => served.dispatcher.running === 1);
    served.policy.apply({
      revision: 2,
      removedGrants: ['user:alice-operator'],
      grants: [grant('user:alice', 'admin')],
    });
    served.dispatcher.reauthorize();
    expect(served.dispatcher.running).to.equal(1);
    waiting.cancel();
    await refusal(waiting);
    await eventually(() => served.answered.length === 1);
    expect(served.answered[0]?.caller.roles).to.deep.equal([
      { role: 'admin', objects: 'desk', methods: '*' },
    ]);
  });
});
