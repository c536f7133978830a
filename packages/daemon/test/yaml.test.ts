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

  it('keeps a moment, and a word that older readers take for a switch, as texts', () => {
    expect(yamlText({ at: '2026-01-02T03:04:05.678Z', answer: 'yes' })).to.equal(
      'at: "2026-01-02T03:04:05.678Z"\nanswer: "yes"\n',
    );
  });

  it('has bytes in base64', () => {
    expect(yamlText({ bytes: Uint8Array.of(1, 2, 3) })).to.equal('bytes: AQID\n');
  });

  it('is null where there is nothing', () => {
    expect(yamlText(undefined)).to.equal('null\n');
  });
});
