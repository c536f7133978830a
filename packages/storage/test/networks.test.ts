import { expect } from 'chai';

import { network, Networks } from '../src/networks.js';

const networks = new Networks(['10.20.0.0/16', 'fd00:20::/64', '127.0.0.1/32']);

describe('Networks', () => {
  const rows: readonly (readonly [address: string, isIn: boolean])[] = [
    ['10.20.0.1', true],
    ['10.20.255.255', true],
    ['10.21.0.1', false],
    ['::ffff:10.20.0.1', true],
    ['::ffff:10.21.0.1', false],
    ['127.0.0.1', true],
    ['127.0.0.2', false],
    ['fd00:20::7', true],
    ['fd00:20::7%eth0', true],
    ['fd00:21::7', false],
    ['::1', false],
    ['', false],
    ['node7', false],
  ];
  for (const [address, isIn] of rows) {
    it(`${isIn ? 'have' : 'do not have'} ${JSON.stringify(address)}`, () => {
      expect(networks.has(address)).to.equal(isIn);
    });
  }

  for (const text of ['10.20.0.0', '10.20.0.0/33', '10.20/16', 'fd00::/129', 'node7/8', '']) {
    it(`cannot be made of ${JSON.stringify(text)}`, () => {
      expect(network.safeParse(text).success).to.equal(false);
    });
  }
});
