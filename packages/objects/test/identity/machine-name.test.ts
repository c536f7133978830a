import { expect } from 'chai';

import { machineName } from '../../src/identity/index.js';

describe("A machine's name", () => {
  for (const [machine, name] of [
    ['Web1.example.org', 'web1'],
    ['my_host', 'my-host'],
    ['', 'nameserver'],
    ['-x', 'x'],
    [`a${'b'.repeat(63)}`, `a${'b'.repeat(62)}`],
  ] as const) {
    it(`names ${name} where it is ${JSON.stringify(machine)}`, () => {
      expect(machineName('nameserver', machine)).to.equal(name);
    });
  }
});
