import { expect } from 'chai';
import { format, inspect } from 'node:util';

import { makeProxy } from '../src/proxy.js';
import type { MethodSignature } from '../src/object/definition.js';

interface Signatures {
  echo: MethodSignature<[text: string], string>;
}

describe('a proxy', () => {
  let started: (readonly [string, readonly unknown[]])[];
  const makeOne = () =>
    makeProxy<Signatures>('RemoteObject greeter', (method, args) => {
      started.push([method, args]);
      return Promise.resolve('started');
    });

  beforeEach(() => {
    started = [];
  });

  it('starts a call by any name', async () => {
    expect(await makeOne().echo('hello')).to.equal('started');
    expect(started).to.deep.equal([['echo', ['hello']]]);
  });

  it('returns the same function for the same name', () => {
    const proxy = makeOne();
    expect(proxy.echo).to.equal(proxy.echo);
  });

  it('is not a promise: awaiting it returns it', async () => {
    const proxy = makeOne();
    expect((await Promise.resolve(proxy)) === proxy).to.equal(true);
    expect(started).to.deep.equal([]);
  });

  it('names its object when it is printed', () => {
    const proxy = makeOne();
    const asText = proxy as unknown as string;
    for (const text of [`${asText}.`, `${inspect(proxy)}.`, format('%s.', proxy), `${[asText].join()}.`]) {
      expect(text).to.equal('[RemoteObject greeter].');
    }
    expect(inspect({ proxy })).to.equal('{ proxy: [RemoteObject greeter] }');
  });

  it('starts no call when it is printed, compared or written as JSON', () => {
    const proxy = makeOne();
    expect(JSON.stringify({ proxy })).to.equal('{"proxy":{}}');
    expect(Number(proxy)).to.be.NaN;
    expect(Object.keys(proxy)).to.deep.equal([]);
    expect(started).to.deep.equal([]);
  });
});
