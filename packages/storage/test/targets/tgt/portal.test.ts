import { expect } from 'chai';

import { checkPortal } from '../../../src/targets/tgt/portal.js';

describe('checking a portal', () => {
  for (const portal of ['127.0.0.1:3260', '0.0.0.0:1', '[::1]:3260', '[2001:db8::7]:65535']) {
    it(`accepts ${portal}`, () => {
      expect(() => {
        checkPortal(portal);
      }).to.not.throw();
    });
  }

  for (const portal of [
    '',
    '127.0.0.1',
    '127.0.0.1:0',
    '127.0.0.1:65536',
    '127.0.0.1:3260,1',
    '127.0.0.256:3260',
    '::1:3260',
    'localhost:3260',
    '127.0.0.1:3260\n',
  ]) {
    it(`refuses ${JSON.stringify(portal)}`, () => {
      expect(() => {
        checkPortal(portal);
      })
        .to.throw()
        .with.property('reason', 'CONFIG_INVALID');
    });
  }
});
