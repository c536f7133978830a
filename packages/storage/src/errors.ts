import { defineErrors } from '@patchbay/core';

/** Makes the errors of the storage object. */
export const storageError = defineErrors({
  IMAGE_NOT_FOUND: ['NOT_FOUND', 'No image has this name.'],
  IMAGE_EXISTS: ['ALREADY_EXISTS', 'An image of this name exists and came from another source.'],
  IMAGE_HAS_CLONES: [
    'FAILED_PRECONDITION',
    'Disks of nodes are clones of the image; details.nodes names them.',
  ],
  IMAGE_HAS_SNAPSHOTS: [
    'FAILED_PRECONDITION',
    'Snapshots of disks made from the image still need it; details.snapshots names them.',
  ],
  NODE_NOT_FOUND: ['NOT_FOUND', 'No node of this name has a disk.'],
  NODE_EXISTS: [
    'ALREADY_EXISTS',
    'The node has a disk already, from other parameters; details.disk tells them.',
  ],
  INITIATOR_IN_USE: ['ALREADY_EXISTS', 'Another node uses this initiator name; details.node names it.'],
  SNAPSHOT_NOT_FOUND: ['NOT_FOUND', 'The node has no snapshot of this name.'],
  SNAPSHOT_EXISTS: ['ALREADY_EXISTS', 'The node has a snapshot of this name.'],
  SNAPSHOT_AMBIGUOUS: [
    'INVALID_ARGUMENT',
    'Several nodes have a snapshot of this name; details.candidates names them in full.',
  ],
  NODE_DETACHED: [
    'FAILED_PRECONDITION',
    'The node was detached and its disk kept, so that it has no target; provision it again.',
  ],
  DISK_IN_USE: [
    'FAILED_PRECONDITION',
    'An initiator is connected, and the pool has no copy-on-write to copy a disk while it is written.',
  ],
  SIZE_TOO_SMALL: ['INVALID_ARGUMENT', 'The size asked for is smaller than what the disk is cloned from.'],
  OPERATION_PENDING: [
    'ABORTED',
    'Another operation on the same thing is under way; details.operation tells its id.',
  ],
  SOURCE_NOT_FOUND: ['NOT_FOUND', 'The source file or URL of an import is not there.'],
  SOURCE_UNAVAILABLE: [
    'UNAVAILABLE',
    'The web server that has the source did not answer, broke off or stalled; try again.',
  ],
  SOURCE_REFUSED: [
    'INVALID_ARGUMENT',
    'The source refers to other files, is of an unknown kind, or may not be read.',
  ],
  SOURCE_CORRUPT: ['INVALID_ARGUMENT', 'The source is not a whole disk image.'],
  CHECKSUM_MISMATCH: ['INVALID_ARGUMENT', 'The source does not have the SHA-256 that was given.'],
  POOL_FULL: [
    'RESOURCE_EXHAUSTED',
    'The pool has no space left; delete images, snapshots or disks, or grow it.',
  ],
  POOL_UNAVAILABLE: ['UNAVAILABLE', 'The pool directory is missing, not mounted or read-only.'],
  POOL_NOT_OURS: [
    'FAILED_PRECONDITION',
    "The pool belongs to another server's catalog, which knows its files; this one would take them for leftovers.",
  ],
  VOLUME_MISSING: ['DATA_LOSS', 'A file that the catalog knows is not in the pool.'],
  TARGET_TOOL_FAILED: ['INTERNAL', 'The iSCSI target tool refused a command; details.stderr has its words.'],
  TARGET_TOOL_UNAVAILABLE: ['UNAVAILABLE', 'The iSCSI target daemon does not answer; it is being restarted.'],
  TARGET_BUSY: [
    'UNAVAILABLE',
    'A target still has commands under way and could not be removed yet; try again.',
  ],
  TARGET_CONFLICT: [
    'FAILED_PRECONDITION',
    'Another target has this tid, IQN, CHAP user or backing file; details.target names it.',
  ],
  PORTAL_UNAVAILABLE: [
    'FAILED_PRECONDITION',
    'The target daemon could not listen on the portal that the options name.',
  ],
  TOOL_MISSING: ['FAILED_PRECONDITION', 'A program that the storage object drives is not installed.'],
});
