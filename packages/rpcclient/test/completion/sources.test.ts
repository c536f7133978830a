import { expect } from 'chai';
import { z } from 'zod';

import { type ObjectDescription, systemClock } from '@patchbay/objects';
import { arg, defineObject, describeObject, method } from '@patchbay/objects/define';
import { FakeClock, refusal } from '@patchbay/objects/testing';

import { clientSources } from '../../src/completion/sources.js';
import { TestCluster } from '../cluster.js';

describe('The values of an argument', () => {
  let cluster: TestCluster;
  let made = 0;
  let described: ObjectDescription;

  before(async () => {
    cluster = await TestCluster.start();
    const images = defineObject({
      summary: 'Images',
      methods: {
        list: method({ summary: 'List', returns: z.array(z.string()), idempotent: true, run: () => ['a'] }),
        list_of: method({
          summary: 'List those of a node',
          args: [arg('node', z.string(), 'the node')],
          returns: z.array(z.string()),
          idempotent: true,
          run: (node) => [`${node}-a`],
        }),
        make: method({
          summary: 'Make',
          returns: z.array(z.string()),
          run: () => [`made ${String((made += 1))}`],
        }),
        wait: method({
          summary: 'List, but not yet',
          returns: z.array(z.string()),
          idempotent: true,
          run: ({ signal }) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener('abort', () => {
                reject(signal.reason as Error);
              });
            }),
        }),
      },
    });
    await cluster.serve({ images });
    described = describeObject('images', images);
  });
  after(() => cluster[Symbol.asyncDispose]());

  it('are those that the method returns', async () => {
    const sources = clientSources(cluster.client(), systemClock, 10_000);
    expect(await sources.values(described, { method: 'list' }, [])).to.deep.equal(['a']);
    expect(await sources.values(described, { method: 'list_of' }, ['--n'])).to.deep.equal(['--n-a']);
  });

  for (const [name, args] of [
    ['make', []],
    ['list', ['surplus']],
    ['list_of', []],
    ['nothing', []],
  ] as const) {
    it(`are not requested from ${name} with ${String(args.length)} arguments, whatever a server says`, async () => {
      const sources = clientSources(cluster.client(), systemClock, 10_000);
      const error = await refusal(sources.values(described, { method: name }, args));
      expect(error).to.have.property('reason', 'METHOD_NOT_FOUND');
      expect(made).to.equal(0);
    });
  }

  it('are left out when they are not there in time', async () => {
    const clock = new FakeClock();
    const sources = clientSources(cluster.client(), clock, 10_000);
    const refused = refusal(sources.values(described, { method: 'wait' }, []), 'DEADLINE_PASSED');
    await clock.advance(10_000);
    await refused;
    await refusal(sources.names('im'), 'DEADLINE_PASSED');
  });

  it('include the registered names', async () => {
    expect(await clientSources(cluster.client(), systemClock, 10_000).names('im')).to.deep.equal(['images']);
  });
});
