/**
 * The signatures of the partition tables, filesystems and volumes that a disk may begin with, as Latin-1 text, and where
 * each is.
 */
const signatures: readonly (readonly [magic: string, ...at: readonly number[]])[] = [
  ['\x55\xaa', 510], // MBR, and the boot sector of FAT, NTFS and exFAT
  ['EFI PART', 512, 4096], // GPT
  ['\x53\xef', 1080], // ext2, ext3, ext4
  ['XFSB', 0],
  ['_BHRfS_M', 65_600], // btrfs
  ['NTFS    ', 3],
  ['CD001', 32_769], // ISO 9660
  ['BEA01', 32_769], // UDF
  ['LABELONE', 0, 512, 1024, 1536], // LVM
  ['LUKS\xba\xbe', 0],
  ['SWAPSPACE2', 4086, 8182, 16_374, 65_526],
  ['hsqs', 0], // SquashFS
  ['\x10\x20\xf5\xf2', 1024], // F2FS
  ['\xe2\xe1\xf5\xe0', 1024], // EROFS
  ['H+', 1024], // HFS+
  ['HX', 1024],
  ['NXSB', 32], // APFS
  ['ReIsEr', 65_588], // ReiserFS
  ['JFS1', 32_768],
  ['\xfc\x4e\x2b\xa9', 0, 4096], // Linux RAID
  ['\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81', 4120], // bcache
  ['\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef', 4120], // bcachefs
  ['\x57\x45\x56\x82', 0, 64, 512], // the label of BSD
  ['bluestore block device', 0], // Ceph
];

/**
 * Reports whether the first 68 KiB of a file, or its last 512 bytes, have the signature of a disk, a filesystem or a
 * volume.
 */
export function hasDiskSignature(head: Buffer, tail: Buffer): boolean {
  const isBackupOfGpt = tail.toString('latin1', 0, 8) === 'EFI PART';
  return (
    isBackupOfGpt ||
    signatures.some(([magic, ...offsets]) =>
      offsets.some((at) => head.toString('latin1', at, at + magic.length) === magic),
    )
  );
}
