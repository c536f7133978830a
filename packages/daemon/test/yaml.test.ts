import { expect } from 'chai';
import fc from 'fast-check';
import { parse } from 'yaml';

import { yamlText } from '../src/yaml.js';

describe('A value as YAML', () => {
  it('is read again as it was, whichever version of YAML reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown; // JSON has no -0
        for (const version of ['1.1', '1.2'] as const) {
          expect(parse(yamlText(value), { version })).to.deep.equal(plain);
        }
      }),
    );
  });

  it('quotes timestamps, and text that YAML 1.1 reads as a boolean', () => {
    expect(yamlText({ at: '2026-01-02T03:04:05.678Z', answer: 'yes' })).to.equal(
      'at: "2026-01-02T03:04:05.678Z"\nanswer: "yes"\n',
    );
  });

  it('has bytes in base64', () => {
    expect(yamlText({ bytes: Uint8Array.of(1, 2, 3) })).to.equal('bytes: AQID\n');
  });

  it('is null for undefined', () => {
    expect(yamlText(undefined)).to.equal('null\n');
  });
});
