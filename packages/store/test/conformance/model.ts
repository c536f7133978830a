import { expect } from 'chai';
import fc from 'fast-check';

import { eventually } from '@patchbay/objects/testing';
import type { Entry, Operation, Store } from '@patchbay/store';

import type { OpenStore, StoreUnderTest } from '../store-under-test.js';
import { Watching } from '../watching.js';

const keys = ['a', 'a/1', 'a/2', 'a_2', 'b', 'ä'] as const;

/** What may happen to a store. Leases are meant by their number in the order of granting. */
type Step =
  | { readonly do: 'commit'; readonly expected: Record<string, boolean>; readonly writes: readonly Write[] }
  | { readonly do: 'grant'; readonly ttlMs: number }
  | { readonly do: 'keepAlive' | 'revoke'; readonly lease: number }
  | { readonly do: 'pass' };

interface Write {
  readonly key: string;
  /** Undefined: delete it. */
  readonly value: string | undefined;
  readonly lease: number | undefined;
}

const lease = fc.nat({ max: 3 });
const write: fc.Arbitrary<Write> = fc.record({
  key: fc.constantFrom(...keys),
  value: fc.option(fc.string({ maxLength: 3 }), { nil: undefined }),
  lease: fc.option(lease, { nil: undefined }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      // Whether the condition on the key shall hold.
      expected: fc.dictionary(fc.constantFrom(...keys), fc.boolean(), { maxKeys: 1 }),
      writes: fc.uniqueArray(write, { selector: ({ key }) => key, maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('grant' as const), ttlMs: fc.integer({ min: 1, max: 5000 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('keepAlive' as const, 'revoke' as const), lease }),
  },
  // So long that every lease has surely ended: how late one does is the implementation's.
  { weight: 1, arbitrary: fc.constant({ do: 'pass' as const }) },
);

interface ModelLease {
  readonly id: string;
  readonly ttlMs: number;
  ended: boolean;
}

/** The contract in its plainest form: a map of entries and a list of leases. */
class Model {
  readonly entries = new Map<string, Entry>();
  readonly leases: ModelLease[] = [];

  liveLease(number: number | undefined): ModelLease | undefined {
    const found = number === undefined ? undefined : this.leases[number];
    return found?.ended === false ? found : undefined;
  }

  put(key: string, value: string, revision: number, leaseId: string | undefined): void {
    const createRevision = this.entries.get(key)?.createRevision ?? revision;
    this.entries.set(key, { key, value, createRevision, modRevision: revision, leaseId });
  }

  end(ended: ModelLease): void {
    ended.ended = true;
    for (const entry of this.entries.values()) {
      if (entry.leaseId === ended.id) {
        this.entries.delete(entry.key);
      }
    }
  }

  sorted(): readonly Entry[] {
    return [...this.entries.values()].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }
}

/** Holds the store against the model over random histories. */
export function describeModel(open: OpenStore): void {
  it('always answers as a plain map of entries and leases would', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        await using opened = await open();
        const model = new Model();
        for (const each of steps) {
          await take(each, opened, model);
          const { entries } = await opened.store.range({ prefix: '' });
          expect(entries).to.deep.equal(model.sorted());
          const below = model.sorted().filter(({ key }) => key.startsWith('a/'));
          expect((await opened.store.range({ prefix: 'a/' })).entries).to.deep.equal(below);
          expect(await opened.store.count('a/')).to.equal(below.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('yields a history that, replayed, gives the entries', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        await using opened = await open();
        const model = new Model();
        const fromRevision = await opened.store.revision();
        for (const each of steps) {
          await take(each, opened, model);
        }
        const last = await opened.store.commit([], [{ put: 'end', value: '' }]);
        await using watching = new Watching(opened.store, { prefix: '', fromRevision });
        await eventually(() => watching.commits.at(-1)?.[0]?.revision === last.revision);
        const { entries } = await opened.store.range({ prefix: '' });
        expect(replay(watching)).to.deep.equal(entries);
      }),
      { numRuns: 40 },
    );
  });
}

async function take(each: Step, opened: StoreUnderTest, model: Model): Promise<void> {
  const { store } = opened;
  switch (each.do) {
    case 'commit':
      await commit(each.expected, each.writes, store, model);
      break;
    case 'grant': {
      const { leaseId, ttlMs } = await store.grantLease(each.ttlMs);
      model.leases.push({ id: leaseId, ttlMs, ended: false });
      break;
    }
    case 'keepAlive': {
      const live = model.liveLease(each.lease);
      const kept = await store.keepAlive(model.leases[each.lease]?.id ?? 'none');
      expect(kept?.leaseId).to.equal(live?.id);
      break;
    }
    case 'revoke': {
      await store.revokeLease(model.leases[each.lease]?.id ?? 'none');
      const ended = model.leases[each.lease];
      if (ended !== undefined) {
        model.end(ended);
      }
      break;
    }
    case 'pass':
      await opened.advance(Math.max(0, ...model.leases.map(({ ttlMs }) => ttlMs)) + store.lateMs);
      model.leases.forEach((ended) => {
        model.end(ended);
      });
      break;
    default:
      each satisfies never;
  }
}

async function commit(
  expected: Record<string, boolean>,
  writes: readonly Write[],
  store: Store,
  model: Model,
): Promise<void> {
  const before = await store.revision();
  const conditions = Object.entries(expected).map(([key, holds]) => ({
    key,
    modRevision: (model.entries.get(key)?.modRevision ?? 0) + (holds ? 0 : 1),
  }));
  const operations: Operation[] = writes.map(({ key, value, lease: number }) =>
    value === undefined
      ? { delete: key }
      : { put: key, value, leaseId: number === undefined ? undefined : (model.leases[number]?.id ?? 'none') },
  );
  const holds = Object.values(expected).every((each) => each);
  const leasesLive = writes.every(
    ({ value, lease: number }) =>
      value === undefined || number === undefined || model.liveLease(number) !== undefined,
  );
  if (holds && !leasesLive) {
    const refusal: unknown = await store.commit(conditions, operations).catch((error: unknown) => error);
    expect(refusal).to.have.property('reason', 'LEASE_NOT_FOUND');
    return;
  }
  const outcome = await store.commit(conditions, operations);
  expect(outcome.committed).to.equal(holds);
  if (!outcome.committed) {
    const refusing = conditions.map((condition) => {
      const entry = model.entries.get(condition.key);
      return { condition, entries: entry === undefined ? [] : [entry] };
    });
    expect(outcome.conflicts).to.deep.equal(refusing);
    return;
  }
  const { revision } = outcome;
  const changes = writes.some(({ key, value }) => value !== undefined || model.entries.has(key));
  expect(revision).to.be.at.least(changes ? before + 1 : before);
  for (const { key, value, lease: number } of writes) {
    if (value === undefined) {
      model.entries.delete(key);
    } else {
      model.put(key, value, revision, model.liveLease(number)?.id);
    }
  }
}

function replay({ commits }: Watching): readonly Entry[] {
  const entries = new Map<string, Entry>();
  let last = 0;
  for (const changes of commits) {
    const { revision } = changes[0]!;
    expect(revision).to.be.greaterThan(last);
    last = revision;
    for (const change of changes) {
      expect(change.revision).to.equal(revision);
      if (change.type === 'put') {
        expect(change.entry.modRevision).to.equal(revision);
        entries.set(change.entry.key, change.entry);
      } else {
        expect(entries.get(change.entry.key)).to.deep.equal(change.entry);
        entries.delete(change.entry.key);
      }
    }
  }
  return [...entries.values()].sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
}
