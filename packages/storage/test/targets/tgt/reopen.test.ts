import { expect } from 'chai';

import { FakeClock } from '@patchbay/objects/testing';

import { ReconnectCooldown } from '../../../src/targets/tgt/reopen.js';

describe('ReconnectCooldown', () => {
  it('delays a second cut of the same sessions until the initiator reconnects at once again', async () => {
    const clock = new FakeClock();
    const cooldown = new ReconnectCooldown(clock);
    cooldown.start('iqn.a');
    await clock.advance(1500);
    let hasPassed = false;

    const waiting = cooldown.wait('iqn.a').then(() => {
      hasPassed = true;
    });
    await clock.advance(2499);
    expect(hasPassed).to.equal(false);
    await clock.advance(1);

    await waiting;
  });

  it('delays no other target, nor one whose cooldown has passed', async () => {
    const clock = new FakeClock();
    const cooldown = new ReconnectCooldown(clock);
    cooldown.start('iqn.a');

    await cooldown.wait('iqn.b');
    await clock.advance(4000);
    cooldown.start('iqn.b');
    await cooldown.wait('iqn.a');
  });
});
