import { coreError } from '@patchbay/objects';

/**
 * The length in bits of each symbol's code, in base 36: of the 256 bytes and EOS, from RFC 7541, appendix B. The code is
 * canonical: the codes follow from their lengths.
 */
const lengths =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrqu';

/** The length of the longest code, in bits. */
const maxLength = 30;

interface Code {
  /** The first code of this length, and the symbols of all of them. */
  readonly first: number;
  readonly symbols: readonly number[];
}

/** By length; made when first needed. */
let codes: readonly Code[] | undefined;

/** Decodes a string in HPACK's Huffman code. @throws RpcError `MESSAGE_MALFORMED` */
export function decodeHuffman(bytes: Uint8Array): string {
  codes ??= makeCodes();
  let text = '';
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code = code * 2 + ((byte >> bit) & 1);
      length += 1;
      const symbol = symbolOf(codes, code, length);
      if (symbol !== undefined) {
        text += String.fromCharCode(symbol);
        code = 0;
        length = 0;
      }
    }
  }
  // The last byte is padded with ones, the beginning of EOS.
  if (length > 7 || code !== 2 ** length - 1) {
    throw coreError('MESSAGE_MALFORMED', 'the server sent a header that cannot be decoded');
  }
  return text;
}

function symbolOf(all: readonly Code[], code: number, length: number): number | undefined {
  const { first, symbols } = all[length] ?? { first: Infinity, symbols: [] };
  return code >= first ? symbols[code - first] : undefined;
}

function makeCodes(): readonly Code[] {
  const symbols: number[][] = Array.from({ length: maxLength + 1 }, () => []);
  for (let symbol = 0; symbol < lengths.length; symbol += 1) {
    symbols[parseInt(lengths.charAt(symbol), 36)]?.push(symbol);
  }
  let next = 0;
  return symbols.map((each) => {
    const first = next;
    next = 2 * (first + each.length);
    return { first, symbols: each };
  });
}
