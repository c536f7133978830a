import { quoted } from '@patchbay/objects';

/** What begins a file that is no disk. `weak`: too short to outweigh the signature of a disk. */
interface OtherSignature {
  readonly magic: string;
  readonly at?: number;
  readonly what: string;
  readonly weak?: true;
}

const archive = 'extract the disk image from it first';
const packed = 'unpack it first';

/** The signatures of files that are no disks, as Latin-1 text, and what to call each. */
const signatures: readonly OtherSignature[] = [
  { magic: 'ustar', at: 257, what: `a tar archive (an OVA is one); ${archive}` },
  ...['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'].map((magic) => ({
    magic,
    what: `a zip archive; ${archive}`,
  })),
  { magic: '7z\xbc\xaf\x27\x1c', what: `a 7z archive; ${archive}` },
  { magic: 'Rar!\x1a\x07', what: `a rar archive; ${archive}` },
  ...['070701', '070702', '070707'].map((magic) => ({ magic, what: `a cpio archive; ${archive}` })),
  { magic: '\xc7\x71', what: `a cpio archive; ${archive}`, weak: true },
  { magic: '\x71\xc7', what: `a cpio archive; ${archive}`, weak: true },
  { magic: '!<arch>\ndebian-binary', what: 'a Debian package' },
  { magic: '!<arch>\n', what: `an ar archive; ${archive}` },
  { magic: '!<thin>\n', what: `an ar archive; ${archive}` },
  { magic: '\xed\xab\xee\xdb', what: 'an RPM package' },
  { magic: 'MSCF\0\0\0\0', what: `a cabinet archive; ${archive}` },
  { magic: 'MSWIM\0\0\0', what: 'a WIM, an archive of files' },
  { magic: 'xar!', what: `a xar archive; ${archive}` },
  { magic: '\x04\x22\x4d\x18', what: `compressed with lz4; ${packed}` },
  { magic: '\x02\x21\x4c\x18', what: `compressed with lz4; ${packed}` },
  { magic: '\x89LZO\0\r\n\x1a\n', what: `compressed with lzop; ${packed}` },
  { magic: 'LZIP', what: `compressed with lzip; ${packed}` },
  { magic: 'LRZI', what: `compressed with lrzip; ${packed}` },
  { magic: '\x5d\0\0', what: `compressed with lzma; ${packed}`, weak: true },
  { magic: '\x1f\x9d', what: `compressed with compress; ${packed}`, weak: true },
  { magic: '\x1f\xa0', what: `compressed with compress; ${packed}`, weak: true },
  { magic: '\x1f\x1e', what: `compressed with pack; ${packed}`, weak: true },
  { magic: '\xff\x06\0\0sNaPpY', what: `compressed with snappy; ${packed}` },
  { magic: 'zPQ', what: `compressed with zpaq; ${packed}`, weak: true },
  { magic: '\x3a\xff\x26\xed', what: 'an Android sparse image; convert it with simg2img first' },
  { magic: 'ANDROID!', what: 'an Android boot image' },
  { magic: 'EVF\x09\x0d\x0a\xff\0', what: 'an EnCase image; convert it first' },
  { magic: 'Bochs Virtual HD Image', what: 'a Bochs image; convert it first' },
  { magic: 'VMA\0', what: 'a backup of Proxmox VE; extract the disk image from it first' },
  { magic: 'partclone-image', what: 'an image of partclone; restore it to a disk first' },
  { magic: 'PaRtImAgE-VoLuMe', what: 'an image of partimage; restore it to a disk first' },
  { magic: 'btrfs-stream\0', what: 'a stream of btrfs send' },
  { magic: '\xac\xcb\xba\xf5\x02\0\0\0', at: 8, what: 'a stream of zfs send' },
  { magic: '\0\0\0\x02\xf5\xba\xcb\xac', at: 8, what: 'a stream of zfs send' },
  { magic: 'xFSdump0', what: 'a dump of XFS' },
  { magic: 'rbd diff v', what: 'a diff of RBD; export the whole image instead' },
  { magic: 'rbd image v2', what: 'an export of RBD in its format 2; export it in format 1' },
  { magic: 'LibvirtQemudSave', what: 'the saved state of a virtual machine, not its disk' },
  { magic: 'QEVM\0\0\0', what: 'the saved state of a virtual machine, not its disk' },
  { magic: '%PDF-', what: 'a PDF' },
  { magic: '%!PS', what: 'a PostScript document' },
  { magic: '\x7fELF', what: 'an ELF program or library' },
  { magic: 'MZ', what: 'a program for Windows or EFI', weak: true },
  { magic: '\xca\xfe\xba\xbe', what: 'a Java class or a program for macOS' },
  ...['\xcf\xfa\xed\xfe', '\xce\xfa\xed\xfe'].map((magic) => ({ magic, what: 'a program for macOS' })),
  { magic: '\0asm', what: 'a WebAssembly module' },
  { magic: '\x27\x05\x19\x56', what: 'a U-Boot image' },
  { magic: '\xd0\x0d\xfe\xed', what: 'a device tree' },
  { magic: 'HdrS', at: 0x202, what: 'a Linux kernel' },
  { magic: '\x89PNG\r\n\x1a\n', what: 'a PNG picture' },
  { magic: '\xff\xd8\xff', what: 'a JPEG picture' },
  { magic: 'GIF8', what: 'a GIF picture' },
  { magic: 'BM', what: 'a BMP picture', weak: true },
  { magic: 'II*\0', what: 'a TIFF picture' },
  { magic: 'MM\0*', what: 'a TIFF picture' },
  { magic: 'RIFF', what: 'a media file' },
  { magic: 'OggS', what: 'a media file' },
  { magic: 'fLaC', what: 'a media file' },
  { magic: 'ID3', what: 'a media file', weak: true },
  { magic: 'ftyp', at: 4, what: 'a media file' },
  { magic: '\x1a\x45\xdf\xa3', what: 'a media file' },
  { magic: 'SQLite format 3\0', what: 'an SQLite database' },
  { magic: 'PACK\0\0\0', what: 'a pack of Git' },
  { magic: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', what: 'an Office document' },
  { magic: 'HTTP/1.', what: 'the response of a web server with its header; save only its body' },
  { magic: '#!', what: 'a script', weak: true },
  { magic: '\x30\x82', what: 'a certificate or key', weak: true },
];

/**
 * Reports what a file is that is no disk: "a zip archive; ...", by its first bytes and its last 512.
 * @param hasDiskSignature then short signatures do not count
 */
export function describeOther(head: Buffer, tail: Buffer, hasDiskSignature: boolean): string | undefined {
  const found = signatures.find(
    ({ magic, at = 0, weak }) =>
      !(hasDiskSignature && weak === true) && head.toString('latin1', at, at + magic.length) === magic,
  );
  // Text first where the signature is one of text, as its first words tell more.
  const text = found === undefined || found.weak === true ? describeText(head, hasDiskSignature) : undefined;
  if (text !== undefined || found !== undefined) {
    return text ?? found?.what;
  }
  if (isOldTar(head)) {
    return `a tar archive; ${archive}`;
  }
  return tail.toString('latin1', 0, 4) === 'koly'
    ? 'an Apple disk image; convert it to raw with hdiutil or dmg2img first'
    : undefined;
}

/** A header of tar from before POSIX has no magic, but a checksum: the sum of its bytes, with itself as spaces. */
function isOldTar(head: Buffer): boolean {
  if (head.length < 512 || head[0] === 0) {
    return false;
  }
  const stated = /^ *([0-7]{4,7})[ \0]/.exec(head.toString('latin1', 148, 156))?.[1];
  const sum = head
    .subarray(0, 512)
    .reduce((all, byte, index) => all + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  return stated !== undefined && Number.parseInt(stated, 8) === sum;
}

const webPage = /^(?:<\?xml[^>]*>|<!--.*?-->|\s)*<(?:!doctype html|html|head|body|title)\b/is;

function describeText(head: Buffer, hasDiskSignature: boolean): string | undefined {
  const text = hasDiskSignature ? textOf(head, false) : textOf(head.subarray(0, 4096), true);
  if (text === undefined) {
    return undefined;
  }
  const words = text.replace(/\s+/g, ' ').trim();
  const kind = webPage.test(text) ? 'a web page; give the URL of the image itself' : 'text, not a disk';
  return `${kind}; it begins with ${quoted(words)}`;
}

/** Decodes a file's first bytes if they are text, apart from zeros behind it: in UTF-8, UTF-16 or perhaps an 8-bit charset. */
function textOf(head: Buffer, mayBe8Bit: boolean): string | undefined {
  const order = { '\xff\xfe': 'utf-16le', '\xfe\xff': 'utf-16be' }[head.toString('latin1', 0, 2)];
  const end = head.findLastIndex((byte) => byte !== 0) + 1;
  if (order !== undefined) {
    // A code unit may end with a zero.
    return printable(new TextDecoder(order).decode(head.subarray(2, end + (end % 2))));
  }
  const bytes = head.subarray(0, end);
  try {
    // As a stream: the last character may be cut.
    return printable(new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true }));
  } catch {
    const isMostlyAscii = mayBe8Bit && bytes.filter((byte) => byte >= 0x80).length * 3 < bytes.length;
    return isMostlyAscii ? printable(bytes.toString('latin1')) : undefined;
  }
}

function printable(text: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- these are what tells text from other data
  return text.trim() === '' || /[\0-\x07\x0e-\x1a\x1c-\x1f\x7f\ufffd]/.test(text) ? undefined : text;
}
