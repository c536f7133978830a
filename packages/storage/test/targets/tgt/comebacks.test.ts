import { expect } from 'chai';

import { FakeClock } from '@patchbay/objects/testing';

import { Comebacks } from '../../../src/targets/tgt/comebacks.js';

describe('Comebacks', () => {
  it('lets a second cut of the same sessions wait until the initiator would come back at once', async () => {
    const clock = new FakeClock();
    const comebacks = new Comebacks(clock);
    comebacks.cut('iqn.a');
    await clock.advance(1500);
    let isSettled = false;

    const settling = comebacks.settled('iqn.a').then(() => {
      isSettled = true;
    });
    await clock.advance(2499);
    expect(isSettled).to.equal(false);
    await clock.advance(1);

    await settling;
  });

  it('lets no other wait, nor one that was cut longer ago', async () => {
    const clock = new FakeClock();
    const comebacks = new Comebacks(clock);
    comebacks.cut('iqn.a');

    await comebacks.settled('iqn.b');
    await clock.advance(4000);
    comebacks.cut('iqn.b');
    await comebacks.settled('iqn.a');
  });
});
