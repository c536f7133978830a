import { expect } from 'chai';
import fc from 'fast-check';

import { isRpcError } from '@patchbay/objects';

import { decodeHeaders } from '../../../src/client/http2/header-block.js';

describe('a decoder of HTTP/2 headers', () => {
  // From RFC 7541, appendix C.6.1, with the Huffman code.
  it('decodes the example of the standard', () => {
    const block = Buffer.from('48 82 64 02 58 85 ae c3 77 1a 4b'.replaceAll(' ', ''), 'hex');
    expect([...decodeHeaders(block)]).to.deep.equal([[':status', '302']]);
  });

  it('decodes or refuses any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (block) => {
        try {
          decodeHeaders(block);
        } catch (error) {
          expect(isRpcError(error, 'MESSAGE_MALFORMED'), String(error)).to.equal(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
