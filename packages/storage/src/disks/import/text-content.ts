import { quoted } from '@patchbay/objects';

const webPage = /^(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype html|html|head|body|title)\b/is;

/**
 * Reports what text a file is, and its first words: "text, not a disk; it begins with ...".
 * @param hasDiskSignature then only what is text throughout, in Unicode, counts
 */
export function describeText(head: Buffer, hasDiskSignature: boolean): string | undefined {
  const text = hasDiskSignature ? textOf(head, false) : textOf(head.subarray(0, 4096), true);
  if (text === undefined) {
    return undefined;
  }
  const words = text.replace(/\s+/g, ' ').trim();
  const kind = webPage.test(text) ? 'a web page; give the URL of the image itself' : 'text, not a disk';
  return `${kind}; it begins with ${quoted(words)}`;
}

/** So many bytes of another kind than text would surely have a control character among them. */
const certainTextBytes = 64;

/**
 * Decodes a file's first bytes if they are text, apart from zeros behind it: in UTF-8, UTF-16, UTF-32, or, of which the
 * words may be wrong, in another charset.
 */
function textOf(head: Buffer, mayBeOther: boolean): string | undefined {
  const end = head.findLastIndex((byte) => byte !== 0) + 1;
  const wide = wideTextOf(head, end, mayBeOther);
  if (wide !== undefined) {
    return printable(wide);
  }
  const bytes = head.subarray(0, end);
  try {
    // As a stream: the last character may be cut.
    return printable(new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true }));
  } catch {
    const isMostlyAscii = bytes.filter((byte) => byte >= 0x80).length * 3 < bytes.length;
    // Erased flash memory has no control characters either.
    const isOther = bytes.length >= certainTextBytes && new Set(bytes).size >= 8;
    return mayBeOther && (isMostlyAscii || isOther) ? printable(bytes.toString('latin1')) : undefined;
  }
}

/** Decodes characters of two or four bytes, as a byte order mark says, or as the zeros beside ASCII show. */
function wideTextOf(head: Buffer, end: number, mayBeUnmarked: boolean): string | undefined {
  const mark = head.toString('latin1', 0, 4);
  if (mark === '\xff\xfe\0\0' || mark === '\0\0\xfe\xff') {
    const bytes = head.subarray(4, Math.ceil(end / 4) * 4);
    const codes = Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) =>
      mark.startsWith('\0') ? bytes.readUInt32BE(index * 4) : bytes.readUInt32LE(index * 4),
    );
    return codes.map((code) => (code < 0x11_0000 ? String.fromCodePoint(code) : '\ufffd')).join('');
  }
  const order = { '\xff\xfe': 'utf-16le', '\xfe\xff': 'utf-16be' }[mark.slice(0, 2)];
  // A code unit may end with a zero.
  const units = head.subarray(order === undefined ? 0 : 2, end + (end % 2));
  if (order !== undefined) {
    return new TextDecoder(order).decode(units);
  }
  const zeros = [0, 1].map((side) => units.filter((byte, index) => index % 2 === side && byte === 0).length);
  const side = zeros.findIndex((count) => count * 20 >= units.length * 9); // nine of ten characters
  return !mayBeUnmarked || side === -1 || units.length < 8
    ? undefined
    : new TextDecoder(side === 0 ? 'utf-16be' : 'utf-16le').decode(units);
}

function printable(text: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- these are what tells text from other data
  return text.trim() === '' || /[\0-\x07\x0e-\x1a\x1c-\x1f\x7f\ufffd]/.test(text) ? undefined : text;
}
