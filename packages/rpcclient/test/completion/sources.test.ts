import { expect } from 'chai';
import { z } from 'zod';

import { arg, defineObject, describeObject, method, type ObjectDescription } from '@patchbay/objects';
import { refusal } from '@patchbay/objects/testing';

import { clientSources } from '../../src/completion/sources.js';
import { Scene } from '../scene.js';

describe('The values of an argument', () => {
  let scene: Scene;
  let made = 0;
  let described: ObjectDescription;

  before(async () => {
    scene = await Scene.set();
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
      },
    });
    await scene.serve({ images });
    described = describeObject('images', images);
  });
  after(() => scene[Symbol.asyncDispose]());

  it('are what the method gives', async () => {
    const sources = clientSources(scene.client(), 10_000);
    expect(await sources.values(described, { method: 'list' }, [])).to.deep.equal(['a']);
    expect(await sources.values(described, { method: 'list_of' }, ['--n'])).to.deep.equal(['--n-a']);
  });

  for (const [name, args] of [
    ['make', []],
    ['list', ['surplus']],
    ['list_of', []],
    ['nothing', []],
  ] as const) {
    it(`are not asked of ${name} with ${String(args.length)} arguments, whatever a server says`, async () => {
      const sources = clientSources(scene.client(), 10_000);
      const error = await refusal(sources.values(described, { method: name }, args));
      expect(error).to.have.property('reason', 'METHOD_NOT_FOUND');
      expect(made).to.equal(0);
    });
  }

  it('begin with the names that there are', async () => {
    expect(await clientSources(scene.client(), 10_000).names('im')).to.deep.equal(['images']);
  });
});
