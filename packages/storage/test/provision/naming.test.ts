import { expect } from 'chai';
import fc from 'fast-check';

import { iqn, nodeName } from '../../src/names.js';
import { Naming, newChapAccount } from '../../src/provision/naming.js';

const prefix = iqn.parse('iqn.2026-11.local.patchbay');
const naming = new Naming(prefix);

describe('Naming', () => {
  it('knows its own target names, and no others', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        expect(naming.isOurs(naming.targetOf(id))).to.equal(true);
        expect(new Naming(iqn.parse('iqn.2026-11.org.example')).isOurs(naming.targetOf(id))).to.equal(false);
      }),
    );
    expect(naming.isOurs('iqn.2026-11.local.patchbay:node.node7')).to.equal(false);
    expect(naming.isOurs('iqn.2026-11.local.patchbay.example:disk.1')).to.equal(false);
  });

  it('makes a valid initiator name of every valid node name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,60}[a-z0-9])?$/), (name) => {
        expect(iqn.safeParse(naming.initiatorOf(nodeName.parse(name))).success).to.equal(true);
      }),
    );
  });
});

describe('newChapAccount', () => {
  it('makes a secret of 16 letters and digits, never the same', () => {
    const secrets = Array.from({ length: 100 }, () => newChapAccount('id').secret);

    expect(new Set(secrets).size).to.equal(100);
    expect(secrets.every((secret) => /^[A-Za-z0-9]{16}$/.test(secret))).to.equal(true);
  });
});
