import { expect } from 'chai';

import type { ObjectDescription } from '@patchbay/objects';
import { defineObject, describeObject, method } from '@patchbay/objects/define';
import { coreError } from '@patchbay/objects';
import { FakeClock, refusal } from '@patchbay/objects/testing';
import { z } from 'zod';

import { Targets } from '../../src/object/targets.js';

const disks = defineObject({
  summary: 'Has disks',
  methods: { check: method({ summary: 'Check', returns: z.null(), run: () => null }) },
});

describe('The target of a job', () => {
  it('is known from before while its object is away, and says so', async () => {
    const clock = new FakeClock();
    let isAway = false;
    const describe = (): Promise<ObjectDescription> =>
      isAway
        ? Promise.reject(coreError('OBJECT_NOT_FOUND', 'no object "disks" is registered'))
        : Promise.resolve(describeObject('disks', disks));
    const targets = new Targets({ describe }, clock);
    expect((await targets.find('disks', 'check', 'user:alice')).away).to.equal(undefined);
    isAway = true;
    await clock.advance(60_000);
    const { away, method: found } = await targets.find('disks', 'check', 'user:alice');
    expect([away?.reason, found.name]).to.deep.equal(['OBJECT_NOT_FOUND', 'check']);
    await refusal(targets.find('disks', 'check', 'user:bob'), 'OBJECT_NOT_FOUND');
  });
});
