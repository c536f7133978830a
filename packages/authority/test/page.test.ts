import { refusal } from '@patchbay/objects/testing';
import { expect } from 'chai';

import { byAge, byName, type Page, pageOf } from '../src/page.js';
import { Enroller, OpenedAuthority } from './opened-authority.js';

describe('A page of records', () => {
  const records = [
    ['c', { madeAtMs: 1 }],
    ['a', { madeAtMs: 2 }],
    ['d', { madeAtMs: 1 }],
    ['b', { madeAtMs: 3 }],
  ] as const;
  const namesOf = (...args: Parameters<typeof pageOf<{ madeAtMs: number }>>): string[] =>
    pageOf(...args).map(([name]) => name);

  for (const [what, order, page, names] of [
    ['the first by name', byName, { limit: 3 }, ['a', 'b', 'c']],
    ['the rest', byName, { after: 'c', limit: 3 }, ['d']],
    ['nothing after the last', byName, { after: 'd', limit: 3 }, []],
    ['the oldest first, by name where they are as old', byAge, { limit: 9 }, ['c', 'd', 'a', 'b']],
  ] as const satisfies readonly [string, typeof byAge | typeof byName, Page, readonly string[]][]) {
    it(`has ${what}`, () => {
      expect(namesOf([...records].sort(order), page)).to.deep.equal(names);
    });
  }

  it('is full, also where some do not count, and begins after one that does not', () => {
    const counts = ({ madeAtMs }: { readonly madeAtMs: number }): boolean => madeAtMs !== 2;
    const sorted = [...records].sort(byName);
    expect(namesOf(sorted, { limit: 2 }, counts)).to.deep.equal(['b', 'c']);
    expect(namesOf(sorted, { after: 'a', limit: 2 }, counts)).to.deep.equal(['b', 'c']);
  });

  it('is refused after a record that is gone', async () => {
    await using opened = await OpenedAuthority.open();
    const { hosts } = opened.authority;
    for (const name of ['web2', 'web1']) {
      await new Enroller().enrol(opened.authority, { name });
    }
    expect(hosts.list({ limit: 1 })).to.have.nested.property('[0].name', 'web1');
    expect(hosts.list({ after: 'web1', limit: 1 })).to.have.nested.property('[0].name', 'web2');
    await refusal(
      Promise.resolve().then(() => hosts.list({ after: 'web3', limit: 1 })),
      'RECORD_NOT_FOUND',
    );
  });
});
