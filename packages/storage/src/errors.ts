import { defineErrors } from '@patchbay/objects';

/** Creates the errors of the storage object. */
export const storageError = defineErrors({
  IMAGE_NOT_FOUND: ['NOT_FOUND', 'There is no image of this name.'],
  IMAGE_EXISTS: ['ALREADY_EXISTS', 'An image of this name exists and has another source.'],
  TAGS_EXHAUSTED: ['RESOURCE_EXHAUSTED', 'The image already has as many tags as are allowed.'],
  IMAGE_HAS_CLONES: [
    'FAILED_PRECONDITION',
    'Disks of nodes are clones of the image; details.nodes lists the nodes.',
  ],
  IMAGE_HAS_SNAPSHOTS: [
    'FAILED_PRECONDITION',
    'Snapshots of disks cloned from the image still need it; details.snapshots lists them.',
  ],
  NODE_NOT_FOUND: ['NOT_FOUND', 'There is no node of this name.'],
  NODE_EXISTS: [
    'ALREADY_EXISTS',
    'The node already has a disk with other parameters; details.disk has them.',
  ],
  INITIATOR_IN_USE: ['ALREADY_EXISTS', 'Another node uses this initiator name; details.node is that node.'],
  MAC_IN_USE: ['ALREADY_EXISTS', 'Another node boots from this MAC address; details.node is that node.'],
  SNAPSHOT_NOT_FOUND: ['NOT_FOUND', 'The node has no snapshot of this name.'],
  SNAPSHOT_EXISTS: ['ALREADY_EXISTS', 'The node already has a snapshot of this name.'],
  SNAPSHOT_AMBIGUOUS: [
    'INVALID_ARGUMENT',
    'Several nodes have a snapshot of this name; details.candidates lists their full names.',
  ],
  NODE_DETACHED: [
    'FAILED_PRECONDITION',
    'The node is detached and its disk kept, so it has no target; provision it again.',
  ],
  DISK_IN_USE: [
    'FAILED_PRECONDITION',
    'An initiator is connected to the disk, and the operation needs it disconnected; or the pool has no copy-on-write, which copying a disk in use needs.',
  ],
  SNAPSHOT_OF_OTHER_DISK: [
    'FAILED_PRECONDITION',
    'The snapshot is of an earlier disk of the node, so it cannot be restored; provision from it instead.',
  ],
  SNAPSHOT_HAS_CLONES: [
    'FAILED_PRECONDITION',
    'Ephemeral disks are cloned from the snapshot at each boot; details.nodes lists their nodes.',
  ],
  DISK_NOT_FOUND: ['NOT_FOUND', 'There is no kept or trashed disk with this id.'],
  ORPHAN_NOT_FOUND: ['NOT_FOUND', 'No file without a record is set aside under this id.'],
  DISK_ATTACHED: ['FAILED_PRECONDITION', 'The disk is attached to its node, not kept; detach it first.'],
  SCHEDULE_EXISTS: ['ALREADY_EXISTS', 'The node already has a different schedule of this name.'],
  SCHEDULES_EXHAUSTED: ['RESOURCE_EXHAUSTED', 'The node has as many schedules as it may have.'],
  SCHEDULE_INVALID: [
    'INVALID_ARGUMENT',
    'The cron expression of the schedule is not valid, or matches no time.',
  ],
  EVENTS_FORGOTTEN: [
    'FAILED_PRECONDITION',
    'Some events after the revision have already been dropped; list the current state, and watch from now.',
  ],
  SIZE_TOO_SMALL: [
    'INVALID_ARGUMENT',
    'The requested size is smaller than the source of the clone, or than the disk to be resized.',
  ],
  OPERATION_PENDING: [
    'ABORTED',
    'Another operation on the same resource is in progress; details.operation has its id.',
  ],
  PARTLY_FAILED: [
    'ABORTED',
    'Of several things that the method did, some failed; details.failed lists which, and why. The others are done.',
  ],
  SOURCE_NOT_FOUND: ['NOT_FOUND', 'The source file or URL of an import does not exist.'],
  SOURCE_UNAVAILABLE: [
    'UNAVAILABLE',
    'The web server of the source did not respond, closed the connection or stalled; try again.',
  ],
  SOURCE_REFUSED: [
    'INVALID_ARGUMENT',
    'The source is no disk image, refers to other files, has an unsupported format, or may not be read.',
  ],
  SOURCE_CORRUPT: ['INVALID_ARGUMENT', 'The source is not a complete, intact disk image.'],
  CHECKSUM_MISMATCH: ['INVALID_ARGUMENT', 'The source does not match the given SHA-256.'],
  POOL_FULL: [
    'RESOURCE_EXHAUSTED',
    'The pool has too little space left; delete images, snapshots or disks, or grow the pool.',
  ],
  POOL_HIGH_WATER: [
    'RESOURCE_EXHAUSTED',
    'The pool is filled to its high-water mark and accepts nothing new; delete images, snapshots or disks, or grow the pool.',
  ],
  QUOTA_EXCEEDED: [
    'RESOURCE_EXHAUSTED',
    'The project would exceed its quota of disks or bytes; details has its usage and the limit.',
  ],
  CATALOG_DAMAGED: [
    'DATA_LOSS',
    "The catalog's file is damaged; restore it from a backup with patchbay-storage restore.",
  ],
  CATALOG_NOT_FOUND: ['NOT_FOUND', 'There is no catalog in the state directory.'],
  CATALOG_IN_USE: [
    'FAILED_PRECONDITION',
    'The storage object has the catalog open but does not respond; stop its server.',
  ],
  BACKUP_UNUSABLE: ['INVALID_ARGUMENT', 'The file is not a backup of a catalog, or it is damaged.'],
  FSCK_FOUND_ERRORS: [
    'DATA_LOSS',
    'Data is lost or inconsistent; the findings are listed above, or in details.findings.',
  ],
  POOL_TARGET_REFUSED: [
    'FAILED_PRECONDITION',
    'A pool cannot be created there: the target holds data already, or is of the wrong kind.',
  ],
  POOL_MOUNT_FAILED: [
    'FAILED_PRECONDITION',
    'The new filesystem of a pool cannot be mounted; what was created has been removed again.',
  ],
  POOL_UNAVAILABLE: ['UNAVAILABLE', 'The pool directory is missing, not mounted or read-only.'],
  POOL_NOT_OURS: [
    'FAILED_PRECONDITION',
    "The pool belongs to another server's catalog; this one has no records of its files, and would take them for orphans.",
  ],
  VOLUME_MISSING: ['DATA_LOSS', 'A file that the catalog has a record of is missing from the pool.'],
  TARGET_TOOL_FAILED: [
    'INTERNAL',
    'The iSCSI target daemon refused a command; details.stderr has its message.',
  ],
  TARGET_TOOL_UNAVAILABLE: [
    'UNAVAILABLE',
    'The iSCSI target daemon does not respond; it is being restarted.',
  ],
  TARGET_BUSY: [
    'UNAVAILABLE',
    'A target still has commands in progress and could not be removed yet; try again.',
  ],
  TARGET_CONFLICT: [
    'FAILED_PRECONDITION',
    'Another target has this target id, IQN, CHAP user or backing file; details.target is its IQN.',
  ],
  PORTAL_UNAVAILABLE: ['FAILED_PRECONDITION', 'The target daemon cannot listen on the configured portal.'],
  BOOT_TOKENS_OFF: [
    'FAILED_PRECONDITION',
    'Boot scripts need no one-time tokens here; the option boot.token turns tokens on.',
  ],
  BOOT_UNAVAILABLE: ['FAILED_PRECONDITION', 'The boot endpoint cannot listen on the configured address.'],
  TOOL_MISSING: ['FAILED_PRECONDITION', 'A program that the storage object runs is not installed.'],
});
