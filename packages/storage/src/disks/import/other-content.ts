import { describeText } from './text-content.js';

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
  ...['-lh0-', '-lh5-', '-lh6-', '-lh7-'].map((magic) => ({
    magic,
    at: 2,
    what: `an LHA archive; ${archive}`,
  })),
  { magic: '**ACE**', at: 7, what: `an ACE archive; ${archive}` },
  ...['SIT!', 'StuffIt '].map((magic) => ({ magic, what: `a StuffIt archive; ${archive}` })),
  { magic: '\x60\xea', what: `an ARJ archive; ${archive}`, weak: true },
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
  { magic: 'MComprHD', what: 'a CHD image; convert it with chdman first' },
  {
    magic: '\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0',
    what: 'a raw copy of a CD; convert it to ISO first',
  },
  { magic: '\xfe\xef\x01', what: 'an image of Ghost; restore it to a disk first', weak: true },
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
  { magic: '_FVH', at: 40, what: 'firmware of UEFI' },
  ...[0, 16].map((at) => ({
    magic: '\x5a\xa5\xf0\x0f',
    at,
    what: 'the content of a flash chip with firmware',
  })),
  { magic: '\x55\xaa', what: 'an option ROM', weak: true },
  { magic: 'HDR0', what: 'firmware of a router' },
  { magic: 'UF2\nWQ\x5d\x9e', what: 'firmware in UF2' },
  { magic: 'CrAU', what: 'an update of Android or ChromeOS' },
  ...['UBI#', '\x31\x18\x10\x06', '\x85\x19\x03\x20', '\x85\x19\x01\xe0', '\x85\x19\x02\xe0'].map(
    (magic) => ({
      magic,
      what: 'an image of flash memory (UBI, UBIFS or JFFS2), not of a disk',
    }),
  ),
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
  { magic: '\x89HDF\r\n\x1a\n', what: 'an HDF5 file' },
  ...['\xd4\xc3\xb2\xa1', '\xa1\xb2\xc3\xd4', '\x0a\x0d\x0d\x0a'].map((magic) => ({
    magic,
    what: 'a capture of network packets',
  })),
  { magic: 'regf', what: 'a registry of Windows' },
  { magic: 'KDUMP   ', what: 'a dump of memory' },
  ...['Salted__', 'age-encryption.org/'].map((magic) => ({ magic, what: 'encrypted; decrypt it first' })),
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
  if (isProgram(head)) {
    return 'a program for Windows or EFI';
  }
  if (tail.toString('latin1', 500, 504) === 'NER5') {
    return 'an image of Nero; convert it to ISO first';
  }
  return tail.toString('latin1', 0, 4) === 'koly'
    ? 'an Apple disk image; convert it to raw with hdiutil or dmg2img first'
    : undefined;
}

/** A PE program. What begins like one and has partitions is a disk that EFI boots as a file too. */
function isProgram(head: Buffer): boolean {
  const isPe =
    head.length >= 512 &&
    head.toString('latin1', 0, 2) === 'MZ' &&
    head.toString('latin1', head.readUInt32LE(60), head.readUInt32LE(60) + 4) === 'PE\0\0';
  return isPe && !hasPartitions(head);
}

function hasPartitions(head: Buffer): boolean {
  const entries = [446, 462, 478, 494].map((at) => head.subarray(at, at + 16));
  return (
    entries.every(([status = 0]) => status % 0x80 === 0) &&
    entries.some((entry) => entry[4] !== 0 && entry.readUInt32LE(12) !== 0)
  );
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
