import { expect } from 'chai';

import type { RpcError } from '@patchbay/objects';

import type { Iqn } from '../../../src/names.js';
import type { TargetSpec } from '../../../src/targets/target-host.js';
import { checkSpec } from '../../../src/targets/tgt/spec.js';

const spec: TargetSpec = {
  daemon: 0,
  tid: 1,
  iqn: 'iqn.2026-11.local.patchbay:disk.d1' as Iqn,
  lun: 1,
  backingPath: '/var/lib/patch bay/d1.raw',
  scsiId: '00112233445566778899aabbccddeeff',
  serial: 'PB1',
  initiator: 'iqn.2026-11.local.patchbay:node.n1' as Iqn,
  chap: { user: 'n1', secret: 'secret-secret' },
};

const refused: readonly (readonly [string, string, Partial<TargetSpec>])[] = [
  ['a tid of 0', 'tid', { tid: 0 }],
  ['a tid that is no whole number', 'tid', { tid: 1.5 }],
  ['LUN 0, which is the controller', 'lun', { lun: 0 }],
  ['an IQN with an underscore', 'iqn', { iqn: 'iqn.2026-11.local.patchbay:my_disk' as Iqn }],
  ['an initiator ALL', 'initiator', { initiator: 'ALL' as Iqn }],
  ['a relative path', 'backingPath', { backingPath: 'd1.raw' }],
  ['a path with a comma', 'backingPath', { backingPath: '/pool/a,bstype=null' }],
  ['a path with a line break', 'backingPath', { backingPath: '/pool/a\nb' }],
  ['a path that is too long', 'backingPath', { backingPath: `/${'ä'.repeat(450)}` }],
  ['a SCSI id that is not hexadecimal', 'scsiId', { scsiId: 'x'.repeat(32) }],
  ['a serial with a comma', 'serial', { serial: 'a,b' }],
  ['a user with a comma', 'chap.user', { chap: { user: 'a,b', secret: 'secret-secret' } }],
  ['a secret with a comma', 'chap.secret', { chap: { user: 'n1', secret: 'secret,secret' } }],
  ['a secret shorter than initiators take', 'chap.secret', { chap: { user: 'n1', secret: 'short' } }],
];

describe('checking the spec of an export', () => {
  it('accepts what tgtd accepts', () => {
    expect(() => {
      checkSpec(spec);
    }).to.not.throw();
  });

  for (const [what, path, change] of refused) {
    it(`refuses ${what}, and does not repeat a secret`, () => {
      const changed = { ...spec, ...change };
      const error = thrownBy(() => {
        checkSpec(changed);
      });
      expect(error.reason).to.equal('ARGUMENT_INVALID');
      expect(error.details).to.deep.equal({ path });
      expect(error.message).to.not.include(changed.chap.secret);
    });
  }
});

function thrownBy(act: () => void): RpcError {
  try {
    act();
  } catch (error) {
    return error as RpcError;
  }
  throw new Error('nothing was thrown');
}
