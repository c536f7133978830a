import { defineErrors } from '@patchbay/objects';

/** Makes the errors of the storage object. */
export const storageError = defineErrors({
  IMAGE_NOT_FOUND: ['NOT_FOUND', 'No image has this name.'],
  IMAGE_EXISTS: ['ALREADY_EXISTS', 'An image of this name exists and came from elsewhere.'],
  TAGS_EXHAUSTED: ['RESOURCE_EXHAUSTED', 'An image has as many tags as it may have.'],
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
  MAC_IN_USE: ['ALREADY_EXISTS', 'Another node boots from this MAC address; details.node names it.'],
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
    'An initiator is connected to the disk, and what was asked for needs it to be away; or the pool has no copy-on-write to copy a disk while it is written.',
  ],
  SNAPSHOT_OF_OTHER_DISK: [
    'FAILED_PRECONDITION',
    'The snapshot is of a disk that the node had before, so it cannot be restored; provision from it.',
  ],
  SNAPSHOT_HAS_CLONES: [
    'FAILED_PRECONDITION',
    'Ephemeral disks are cloned from the snapshot at each boot; details.nodes names their nodes.',
  ],
  DISK_NOT_FOUND: ['NOT_FOUND', 'No disk that is kept, or in the trash, has this id.'],
  DISK_ATTACHED: ['FAILED_PRECONDITION', 'The disk is not kept but attached to its node; detach it first.'],
  SCHEDULE_EXISTS: ['ALREADY_EXISTS', 'The node has another schedule of this name.'],
  SCHEDULE_INVALID: ['INVALID_ARGUMENT', 'The cron expression of a schedule has no meaning.'],
  EVENTS_FORGOTTEN: [
    'FAILED_PRECONDITION',
    'What happened after the revision has been forgotten in part; list what there is, and watch from now.',
  ],
  SIZE_TOO_SMALL: [
    'INVALID_ARGUMENT',
    'The size asked for is smaller than what the disk is cloned from, or than the disk that shall grow.',
  ],
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
  POOL_HIGH_WATER: [
    'RESOURCE_EXHAUSTED',
    'The pool is filled to its high-water mark and takes nothing new; delete images, snapshots or disks, or grow it.',
  ],
  QUOTA_EXCEEDED: [
    'RESOURCE_EXHAUSTED',
    'The project would have more disks or bytes than its quota; details tell use and limit.',
  ],
  CATALOG_DAMAGED: [
    'DATA_LOSS',
    "The catalog's file is damaged; restore it from a backup with patchbay-storage restore.",
  ],
  CATALOG_NOT_FOUND: ['NOT_FOUND', 'The state directory holds no catalog.'],
  CATALOG_IN_USE: [
    'FAILED_PRECONDITION',
    'The storage object has the catalog open, and does not answer; stop its server.',
  ],
  BACKUP_UNUSABLE: ['INVALID_ARGUMENT', 'The file is no backup of a catalog, or it is damaged.'],
  FSCK_FOUND_ERRORS: ['DATA_LOSS', 'Something is lost or wrong; what, stands in the findings above.'],
  POOL_TARGET_REFUSED: [
    'FAILED_PRECONDITION',
    'No pool can be made there: something is there already, or it is of the wrong kind.',
  ],
  POOL_MOUNT_FAILED: [
    'FAILED_PRECONDITION',
    'The filesystem that was made for a pool cannot be mounted; what was made is taken back.',
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
  BOOT_TOKENS_OFF: [
    'FAILED_PRECONDITION',
    'Boot scripts are given without one-time tokens here; boot.token of the options turns them on.',
  ],
  BOOT_UNAVAILABLE: [
    'FAILED_PRECONDITION',
    'The boot endpoint could not listen on the address that the options name.',
  ],
  TOOL_MISSING: ['FAILED_PRECONDITION', 'A program that the storage object drives is not installed.'],
});
