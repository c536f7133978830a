import { expect } from 'chai';

import { nameServerObject, type NameServerObject } from '@patchbay/nameserver';
import {
  type Access,
  type CallContext,
  localCaller,
  type NameServerMethods,
  type SignaturesOf,
  silentLog,
} from '@patchbay/objects';
import { objectName } from '@patchbay/objects/define';
import { refusal } from '@patchbay/objects/testing';

import { claims, OpenedRegistry } from './opened-registry.js';

type Signatures = SignaturesOf<NameServerObject>;

/** Whether every argument list of the contract is one that the object takes. */
type TakesEveryCall = {
  [K in keyof NameServerMethods]: NameServerMethods[K]['args'] extends Signatures[K]['args'] ? true : false;
};
/** Whether the object has nothing that the contract does not tell of. */
type HasNoMore = keyof Signatures extends keyof NameServerMethods ? true : false;

const signatures = (): Signatures => ({}) as Signatures;
signatures() satisfies NameServerMethods;
true satisfies TakesEveryCall[keyof NameServerMethods];
true satisfies HasNoMore;

const levels: Readonly<Record<string, Access>> = {
  lookup: 'member',
  list: 'member',
  watch: 'member',
  info: 'member',
  // Whose names these are, and who may take them, is for the registry to say.
  register: 'member',
  keep_alive: 'member',
  unregister: 'member',
  set_metadata: 'member',
  remove: 'member',
};

describe("the name server's object", () => {
  it('says of each method who may call it; a new one needs a row', async () => {
    await using opened = await OpenedRegistry.open();
    const { methods } = nameServerObject(opened.whole);
    const declared = Object.entries(methods).map(([name, { access }]) => [name, access]);
    expect(Object.fromEntries(declared)).to.deep.equal(levels);
  });

  it('says which methods may be called twice', async () => {
    await using opened = await OpenedRegistry.open();
    const { methods } = nameServerObject(opened.whole);
    const once = Object.entries(methods).filter(([, { idempotent }]) => !idempotent);
    expect(once.map(([name]) => name)).to.deep.equal(['remove', 'watch']);
  });

  it('says in its summary what each method, argument and option is for', async () => {
    await using opened = await OpenedRegistry.open();
    for (const { summary, args, options } of Object.values(nameServerObject(opened.whole).methods)) {
      expect(summary).to.match(/^[A-Z]/);
      expect(args.every((each) => each.summary !== '')).to.be.true;
      expect(Object.values(options).every(({ description }) => description !== undefined)).to.be.true;
    }
  });

  it('serves each method with what its schema declares', async () => {
    await using opened = await OpenedRegistry.open();
    const { methods } = nameServerObject(opened.whole);
    const { signal } = new AbortController();
    const lease = await run(methods.register, 's1', 'a:1', claims('a', 'b'), {}, context(signal));
    const { leaseId } = methods.register.returns.parse(lease) as { leaseId: string };
    methods.keep_alive.returns.parse(await run(methods.keep_alive, leaseId, context(signal)));
    methods.lookup.returns.parse(await run(methods.lookup, 'a', context(signal)));
    methods.list.returns.parse(await run(methods.list, {}, context(signal)));
    methods.set_metadata.returns.parse(await run(methods.set_metadata, 'a', { x: 'y' }, context(signal)));
    expect(await run(methods.remove, 'a', context(signal))).to.be.true;
    expect(await run(methods.unregister, leaseId, context(signal))).to.be.null;
    methods.info.returns.parse(await run(methods.info, context(signal)));
    await refusal(run(methods.lookup, 'a', context(signal)), 'OBJECT_NOT_FOUND');
  });

  it('watches until the call is cancelled, and then waits for nothing more', async () => {
    await using opened = await OpenedRegistry.open();
    const { methods } = nameServerObject(opened.whole);
    const stop = new AbortController();
    const items = (await run(methods.watch, {}, context(stop.signal))) as AsyncGenerator<unknown, null>;
    const first = items.next();
    await opened.register('s1', 'a');
    methods.watch.yields?.parse((await first).value);
    const waiting = items.next();
    stop.abort();
    expect(await waiting).to.deep.equal({ done: true, value: null });
  });

  it('takes only names that are valid', async () => {
    await using opened = await OpenedRegistry.open();
    const { lookup } = nameServerObject(opened.whole).methods;
    expect(lookup.args[0]?.schema).to.equal(objectName);
  });
}).timeout(60_000);

/** Runs a method as a dispatch would that has checked the arguments. */
async function run(
  method: { readonly run: (...args: never[]) => unknown },
  ...args: unknown[]
): Promise<unknown> {
  return await method.run(...(args as never[]));
}

function context(signal: AbortSignal): CallContext {
  return {
    callId: 'c1',
    correlationId: 'c1',
    callOptions: {},
    object: 'nameserver',
    method: 'any',
    caller: localCaller('in-memory'),
    deadlineMs: undefined,
    metadata: {},
    addResponseMetadata: () => undefined,
    requireAccess: () => undefined,
    subscribe: () => expect.fail('the name server keeps no function'),
    signal,
    log: silentLog,
  };
}
