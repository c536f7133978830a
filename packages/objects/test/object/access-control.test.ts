import { expect } from 'chai';
import { z } from 'zod';

import { coreError } from '../../src/errors/core-errors.js';
import type { RpcError } from '../../src/errors/rpc-error.js';
import type { Caller, Grant } from '../../src/identity/caller.js';
import { silentLog } from '../../src/log.js';
import { systemClock } from '../../src/clock.js';
import type { Authorize } from '../../src/object/context.js';
import { defineObject, method, property } from '../../src/object/define.js';
import { Dispatcher } from '../../src/object/dispatcher.js';
import { refusal } from '../../src/testing/refusal.js';

const nothing = { summary: 'Do nothing', returns: z.null(), run: () => null };
const depot = defineObject({
  summary: 'A depot',
  methods: {
    status: method({ ...nothing, access: 'open', idempotent: true }),
    find: method({ ...nothing, access: 'member', idempotent: true }),
    list: method({ ...nothing, access: 'view', idempotent: true }),
    remove: method(nothing),
    purge: method({ ...nothing, access: 'administer' }),
    clean: method({
      ...nothing,
      access: 'view',
      run: (context) => {
        context.requireAccess('operate');
        return null;
      },
    }),
  },
  properties: { size: property(z.int(), () => 1) },
});
const vault = defineObject({ summary: 'A vault', methods: { open: method(nothing) } });

function caller(principal: Caller['principal'], ...roles: readonly Grant[]): Caller {
  return { peer: 'test', principal, groups: [], roles };
}
const anonymous = caller('anonymous');
const member = caller('user:eve');
const viewer = caller('user:eve', { role: 'viewer', objects: 'depot', methods: '*' });
const operator = caller('user:eve', { role: 'operator', objects: 'depot', methods: '*' });
const lister = caller('user:eve', { role: 'viewer', objects: 'depot', methods: 'li*' });

function dispatcher(authorize?: Authorize): Dispatcher {
  const made = new Dispatcher({ clock: systemClock, log: silentLog, ...(authorize && { authorize }) });
  made.host('depot', depot);
  made.host('vault', vault);
  return made;
}

/** Calls a method; resolves to its result. */
function call(who: Caller, path: string, on = dispatcher()): Promise<unknown> {
  const [object = '', name = ''] = path.split('.');
  return new Promise((resolve, reject) => {
    const input = {
      get values(): never {
        throw new Error('the arguments were read');
      },
    };
    const given = { input: { values: [] }, caller: who, callId: '1', timeoutMs: undefined };
    const refusing = who.roles.length === 0 ? { ...given, input } : given;
    on.begin(
      { object, method: name, ...refusing },
      { item: () => undefined, result: resolve, failure: reject },
    );
  });
}

async function outcome(who: Caller, path: string, on?: Dispatcher): Promise<RpcError> {
  return refusal(call(who, path, on));
}

describe('access to hosted objects', () => {
  const unknown = ['depot.remove', 'depot.nothing', 'vault.open', 'vault.nothing', 'nobody.anything'];
  for (const [who, each, reason] of [
    ['anonymous', anonymous, 'CALLER_UNKNOWN'],
    ['without a role', member, 'CALLER_REFUSED'],
  ] as const) {
    it(`does not tell a caller that is ${who} which methods and objects there are`, async () => {
      const errors = await Promise.all(unknown.map((path) => outcome(each, path)));
      const told = errors.map(({ reason: own, message }, index) => {
        const [object = '', name = ''] = (unknown[index] ?? '').split('.');
        return [own, message.replaceAll(`${object}.${name}`, 'X').replaceAll(`"${object}"`, 'Y')];
      });
      expect(told.map(([own]) => own)).to.deep.equal(unknown.map(() => reason));
      expect(new Set(told.map(([, message]) => message)).size).to.equal(1);
    });
  }

  it('refuses names of any length in an answer of bounded length', async () => {
    const long = 'x'.repeat(1_000_000);
    const { message, details } = await outcome(member, `${long}.${long}`);
    expect(JSON.stringify([message, details]).length).to.be.below(1_000);
  });

  it('tells who may see them what there is not, and proposes only what it may see', async () => {
    const noMethod = await outcome(viewer, 'depot.lits');
    expect(noMethod.reason).to.equal('METHOD_NOT_FOUND');
    expect(noMethod.message).to.contain('did you mean "list"?');
    const all = caller('user:eve', { role: 'viewer', objects: '*po*', methods: '*' });
    const noObject = await outcome(all, 'depott.list');
    expect(noObject.reason).to.equal('OBJECT_NOT_FOUND');
    expect(noObject.message).to.contain('did you mean "depot"?');
    const hidden = await outcome(lister, 'depot.listremove');
    expect(hidden.message).not.to.contain('remove"?');
  });

  it('refuses before it reads the arguments', async () => {
    await outcome(member, 'depot.remove'); // an argument that is read fails
  });

  it('lets a method demand more than it declares', async () => {
    expect(await call(operator, 'depot.clean')).to.equal(null);
    const error = await outcome(viewer, 'depot.clean');
    expect(error.reason).to.equal('CALLER_REFUSED');
    expect(error.message).to.contain('"depot.clean": it is viewer there, and needs to be operator');
  });

  for (const [who, each, members] of [
    ['anonymous', anonymous, ['status']],
    ['known', member, ['status', 'find']],
    ['a viewer', viewer, ['status', 'find', 'list', 'remove', 'purge', 'clean', 'size']],
    ['a viewer of some methods', lister, ['status', 'find', 'list']],
  ] as const) {
    it(`describes to a caller that is ${who} what it may see`, async () => {
      const { methods, properties = [] } = await dispatcher().describe('depot', { caller: each });
      expect([...methods, ...properties].map(({ name }) => name)).to.deep.equal(members);
    });

    it(`lists to a caller that is ${who} the idempotent methods that it may see`, () => {
      const idempotent = members.filter((name) => ['status', 'find', 'list', 'size'].includes(name));
      expect(dispatcher().access.idempotentMethods(each)).to.deep.equal([
        { object: 'depot', methods: idempotent },
      ]);
    });
  }

  it('hides objects of which nothing may be seen', async () => {
    const { access } = dispatcher();
    const hidden = await refusal(access.see({ caller: viewer }, 'vault'));
    const missing = await refusal(access.see({ caller: viewer }, 'vaulx'));
    expect(hidden.reason).to.equal('OBJECT_NOT_FOUND');
    expect(missing.message).to.equal(hidden.message.replace('vault', 'vaulx'));
    expect((await access.seeAll({ caller: viewer })).map(({ object }) => object.label)).to.deep.equal([
      'depot',
    ]);
  });

  it('can be refused by a further check, which sees the action and the level', async () => {
    const asked: unknown[] = [];
    const on = dispatcher(({ action, method: name, access }) => {
      asked.push([action, name, access]);
      if (name !== 'list') {
        throw coreError('CALLER_REFUSED', 'not today');
      }
    });
    expect((await outcome(operator, 'depot.remove', on)).message).to.equal('not today');
    expect(await call(operator, 'depot.list', on)).to.equal(null);
    expect(asked).to.deep.equal([
      ['call', 'remove', 'operate'],
      ['call', 'list', 'view'],
    ]);
    const { methods, properties } = await on.describe('depot', { caller: operator });
    expect([...methods.map(({ name }) => name), properties]).to.deep.equal(['list', []]);
  });

  it('cannot be allowed by a further check', async () => {
    const on = dispatcher(() => undefined);
    expect((await outcome(member, 'depot.remove', on)).reason).to.equal('CALLER_REFUSED');
  });
});
