import { z } from 'zod';

import { didYouMean, quoted } from '@patchbay/objects';

const hostLike = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const fileLike = /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.))*$/;

/** The schema of a node's name: like a host name, lower case, at most 63 characters. It is part of an IQN. */
export const nodeName = z
  .string()
  .max(63, 'at most 63 characters')
  .regex(hostLike, {
    // Quotes the name, as provision_many reads many of them from a file.
    error: ({ input }) =>
      `must be like a host name: lower-case letters, digits, "-" and "." between them, not ${quoted(String(input))}`,
  })
  .brand<'NodeName'>();
export type NodeName = z.infer<typeof nodeName>;

/** The schema of a name that becomes part of a file's: letters, digits, "_", "-" and single ".". */
export const fileLikeName = z
  .string()
  .max(63, 'at most 63 characters')
  .regex(
    fileLike,
    'must begin with a letter or digit and hold only letters, digits, "_", "-" and single "."',
  );

/** The schema of an image's name: a `fileLikeName`. */
export const imageName = fileLikeName.brand<'ImageName'>();
export type ImageName = z.infer<typeof imageName>;

/** The schema of an image's tag: letters, digits, "_", ".", ":", "=" and "-", at most 63 characters. */
export const imageTag = z
  .string()
  .max(63, 'at most 63 characters')
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.:=-]*$/,
    'must begin with a letter or digit and hold only letters, digits, "_", ".", ":", "=" and "-"',
  )
  .brand<'ImageTag'>();
export type ImageTag = z.infer<typeof imageTag>;

/** The schema of a snapshot's name: a `fileLikeName`. */
export const snapshotName = fileLikeName.brand<'SnapshotName'>();
export type SnapshotName = z.infer<typeof snapshotName>;

/**
 * The schema of an iSCSI qualified name in the form `iqn.YYYY-MM.reversed.domain[:text]` (RFC 3720, 3.2.6.3.1),
 * restricted to the characters that tgt accepts: `a-z 0-9 : . -`.
 */
export const iqn = z
  .string()
  .max(223, 'at most 223 characters')
  .regex(
    /^iqn\.\d{4}-(?:0[1-9]|1[0-2])\.[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[a-z0-9:.-]+)?$/,
    'must be like iqn.2026-11.org.example:text, with only lower-case letters, digits, ":", "." and "-"',
  )
  .brand<'Iqn'>();
export type Iqn = z.infer<typeof iqn>;

/**
 * The schema of a reference to a snapshot, as `provision` takes it: `NODE@NAME`, or `NAME` alone where no other node
 * with a disk from the same image has a snapshot of that name.
 */
export const snapshotReference = z
  .string()
  .max(127, 'at most 127 characters')
  .regex(
    new RegExp(`^(?:${hostLike.source.slice(1, -1)}@)?${fileLike.source.slice(1, -1)}$`),
    "must be a snapshot's name, or NODE@NAME",
  )
  .brand<'SnapshotReference'>();
export type SnapshotReference = z.infer<typeof snapshotReference>;

/**
 * The schema of the MAC address of one network card: six bytes separated by ":", "-" or nothing, normalized to
 * `52:54:00:12:34:56` in lower case. Group addresses and the zero address are refused.
 */
export const macAddress = z
  .string()
  .regex(
    /^(?:[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})|[0-9A-Fa-f]{12})$/,
    'must be a MAC address, such as 52:54:00:12:34:56',
  )
  .refine(
    (text) => (Number.parseInt(text.slice(0, 2), 16) & 1) === 0 && /[1-9a-f]/i.test(text),
    'must be the address of one network card, not a group address and not zero',
  )
  .overwrite((text) => (text.match(/[0-9A-Fa-f]{2}/g) ?? []).join(':').toLowerCase())
  .brand<'MacAddress'>();
export type MacAddress = z.infer<typeof macAddress>;

/**
 * The schema of a time zone's name in the IANA database, such as `Europe/Berlin` or `UTC`, whatever its case. Offsets
 * are refused, as they know of no change of clocks.
 */
export const timeZone = z
  .string()
  .max(64, 'at most 64 characters')
  .refine((name) => knownZone(name) !== undefined, {
    error: ({ input }) =>
      `must be the name of a time zone, such as Europe/Berlin or UTC${didYouMean(String(input), Intl.supportedValuesOf('timeZone'))}`,
  })
  .overwrite((name) => knownZone(name) ?? name)
  .brand<'TimeZone'>();
export type TimeZone = z.infer<typeof timeZone>;

/** Returns the name of a time zone with its capitals; undefined if there is no such zone. */
function knownZone(name: string): string | undefined {
  if (!/^[A-Za-z][\w+/-]*$/.test(name)) {
    return undefined;
  }
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    // Otherwise it is another name of that zone, which is kept: Asia/Kolkata is known as Asia/Calcutta.
    return known.toLowerCase() === name.toLowerCase() ? known : name;
  } catch {
    return undefined;
  }
}
