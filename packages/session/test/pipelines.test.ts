import { expect } from 'chai';
import { z } from 'zod';

import {
  coreError,
  type ObjectReference,
  type RpcError,
  type SignaturesOf,
  systemClock,
} from '@patchbay/objects';
import { arg, defineObject, method, objectOf } from '@patchbay/objects/define';
import { refusal } from '@patchbay/objects/testing';

import { destination, ObjectClient } from '../src/client/index.js';
import { connectInMemory, type InMemoryOptions, MemoryTransport } from '../src/memory/index.js';
import { clientHello, invokeFrame, ServerEnd } from './server-end.js';
import { hostSample } from '../src/testing/sample.js';

function makeAccount() {
  return defineObject({
    summary: 'An account',
    methods: {
      deposit: method({
        summary: 'Deposit an amount',
        args: [arg('amount', z.int(), 'how much')],
        returns: z.int(),
        run: (amount) => amount,
      }),
      refuse: method({
        summary: 'Refuse',
        returns: z.int(),
        run: () => {
          throw coreError('CALLER_REFUSED', 'not today');
        },
      }),
    },
  });
}
const makeBranch = () =>
  defineObject({
    summary: 'A branch',
    methods: {
      account: method({ summary: 'Return an account', returns: objectOf<Account>(), run: makeAccount }),
    },
  });
type Account = ReturnType<typeof makeAccount>;
type Branch = ReturnType<typeof makeBranch>;

function makeBank() {
  const missing = (who: string): RpcError =>
    coreError('OBJECT_NOT_FOUND', `no account "${who}"`, { details: { who } });
  return defineObject({
    summary: 'A bank',
    methods: {
      account: method({
        summary: 'Return an account',
        args: [arg('who', z.string(), 'its owner')],
        returns: objectOf<Account>(),
        run: (who) => {
          if (who !== 'bob') {
            throw missing(who);
          }
          return makeAccount();
        },
      }),
      slow: method({
        summary: 'Fail some time later',
        args: [arg('who', z.string(), 'its owner')],
        returns: objectOf<Account>(),
        run: async (who) => {
          await new Promise(setImmediate);
          throw missing(who);
        },
      }),
      branch: method({
        summary: 'Return a branch',
        args: [arg('city', z.string(), 'where it is')],
        returns: objectOf<Branch>(),
        run: (city) => {
          if (city === 'Oslo') {
            throw missing(city);
          }
          return makeBranch();
        },
      }),
    },
  });
}
type Bank = SignaturesOf<ReturnType<typeof makeBank>>;

for (const [how, options] of Object.entries<InMemoryOptions>({
  alone: {},
  'with interceptors': { interceptors: [(_call, next) => next()] },
  'one at a time': { server: { maxCalls: 1 } },
})) {
  describe(`calls of an object that another call failed to return, ${how}`, () => {
    const open = () => connectInMemory({ bank: makeBank() }, options);

    for (const name of ['account', 'slow'] as const) {
      it(`fail with its error: ${name}`, async () => {
        await using client = open();
        const first = client.proxy<Bank>('bank')[name]('eve');
        const [error, own] = await Promise.all([refusal(first.deposit(5)), refusal(first)]);
        expect(error).to.include({ reason: 'OBJECT_NOT_FOUND', message: 'no account "eve"' });
        expect(error.details).to.deep.equal({ who: 'eve' });
        expect(error.callId).to.equal(own.callId);
      });
    }

    it('fail with its error after it has failed', async () => {
      await using client = open();
      const first = client.proxy<Bank>('bank').account('eve');
      await refusal(first);
      expect((await refusal(first.deposit(5))).message).to.equal('no account "eve"');
    });

    it('fail with it through a chain of calls', async () => {
      await using client = open();
      const branch = client.proxy<Bank>('bank').branch('Oslo');
      expect((await refusal(branch.account().deposit(5))).message).to.equal('no account "Oslo"');
    });

    it('fail each with that of its own, many at once and in any order', async () => {
      await using client = open();
      const bank = client.proxy<Bank>('bank');
      const owners = Array.from({ length: 60 }, (_, index) =>
        index % 3 === 0 ? 'bob' : `eve${String(index)}`,
      );
      const accounts = owners.map((who) => bank.account(who));
      const results = await Promise.allSettled(accounts.map((account, index) => account.deposit(index)));
      expect(
        results.map((each) => (each.status === 'fulfilled' ? each.value : (each.reason as RpcError).message)),
      ).to.deep.equal(owners.map((who, index) => (who === 'bob' ? index : `no account "${who}"`)));
    });

    it('fail with their own error where it did return one', async () => {
      await using client = open();
      const account = client.proxy<Bank>('bank').account('bob');
      expect((await refusal(account.refuse())).message).to.equal('not today');
      const unknown = account as unknown as ObjectReference<{ refund: Bank['account'] }>;
      expect((await refusal(unknown.refund('x'))).reason).to.equal('METHOD_NOT_FOUND');
    });

    it('fail as it does when it is cancelled', async () => {
      await using client = open();
      const first = client.proxy<Bank>('bank').slow('eve');
      const second = first.deposit(5);
      first.cancel(new Error('the user left'));
      const error = await refusal(second);
      expect(error.reason).to.equal('CALL_CANCELLED');
      expect(error.cause).to.include({ message: 'the user left' });
    });
  });
}

describe('calls of an object whose server is stopping', () => {
  it('follow the call that returns it to another server', async () => {
    const stopping = hostSample({ bank: makeBank() });
    const other = hostSample({ bank: makeBank() });
    const servers = new Map([
      ['a', new MemoryTransport(stopping.dispatcher)],
      ['b', new MemoryTransport(other.dispatcher)],
    ]);
    let address = 'a';
    await using client = new ObjectClient({
      clock: systemClock,
      transport: {
        dial: (to, events) => (servers.get(to.address) as MemoryTransport).dial(to, events),
      },
      router: {
        route: () => destination(address),
        forget: () => {
          address = 'b';
        },
      },
    });
    const bank = client.proxy<Bank>('bank');
    await bank.account('bob');
    await stopping.dispatcher.drain();
    const accounts = Array.from({ length: 40 }, () => bank.account('bob'));
    const amounts = await Promise.all(accounts.map((account, index) => account.deposit(index)));
    expect(amounts).to.deep.equal(Array.from({ length: 40 }, (_, index) => index));
    expect((await refusal(bank.account('eve').deposit(1))).message).to.equal('no account "eve"');
  });
});

describe('the server’s end of a session', () => {
  it('fails a call of an object with the error of the call that was to return it', () => {
    const server = new ServerEnd(hostSample().dispatcher);
    server.send(
      clientHello(),
      invokeFrame(1, 'fail', []),
      invokeFrame(2, 'fail', [], { object: '', ofCall: 1 }),
    );
    server.session.flush();
    const failures = server.answers().slice(1);
    expect(failures.map((frame) => frame.kind === 'failure' && [frame.call, frame.reason])).to.deep.equal([
      [1, 'NAME_INVALID'],
      [2, 'NAME_INVALID'],
    ]);
  });
});
