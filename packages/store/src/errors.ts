import { defineErrors, quoted } from '@patchbay/objects';

/** The errors of every store. */
export const storeError = defineErrors({
  KEY_INVALID: [
    'INVALID_ARGUMENT',
    'A key or prefix is empty, too long, or holds NUL or half of a surrogate pair.',
  ],
  KEY_REPEATED: ['INVALID_ARGUMENT', 'One commit writes the same key twice.'],
  VALUE_INVALID: ['INVALID_ARGUMENT', 'A value holds half of a surrogate pair, which is not text.'],
  TTL_INVALID: ['INVALID_ARGUMENT', "A lease's time to live is not a whole number of milliseconds above 0."],
  COMMIT_TOO_LARGE: [
    'INVALID_ARGUMENT',
    'One commit holds more than the store takes at once; write less at once, or smaller values.',
  ],
  LEASE_NOT_FOUND: ['NOT_FOUND', 'The lease has ended, or never was; ask for a new one.'],
  REVISION_COMPACTED: [
    'OUT_OF_RANGE',
    'The store has no history from this revision on; read the entries again and watch from their revision.',
  ],
  STORE_UNAVAILABLE: [
    'UNAVAILABLE',
    'The store cannot be reached; details.outcome says whether a commit is unchanged or unknown. Try again.',
  ],
  STORE_CLOSED: ['UNAVAILABLE', 'The store has been closed; the process is ending.'],
  STORE_LOCKED: ['FAILED_PRECONDITION', 'Another process has the store open; only one may.'],
  STORE_DAMAGED: [
    'DATA_LOSS',
    'The file is not a store of ours, or it is damaged; move it away or restore it from a backup.',
  ],
  RECORD_DAMAGED: [
    'DATA_LOSS',
    'A record of the store is not what was written (details.key): restore the store from a backup, or delete the record.',
  ],
  STORE_VERSION_NEWER: [
    'FAILED_PRECONDITION',
    'A newer version of Patchbay wrote the store; use that version, or another state directory.',
  ],
  BACKUP_DAMAGED: ['DATA_LOSS', 'The file is not a backup of a store, or not a whole one; use another.'],
  STORE_FULL: ['RESOURCE_EXHAUSTED', 'The disk that holds the store has no space left; nothing was changed.'],
  STORE_READ_ONLY: ['FAILED_PRECONDITION', 'The store cannot be written: its permissions or file system.'],
  BACKUP_EXISTS: ['ALREADY_EXISTS', 'A file of this name is there; a backup never replaces one.'],
  STORE_FAILED: ['INTERNAL', 'The operating system failed to read or write the store; the cause is logged.'],
});

/** Makes the error about a record whose checksum does not match. */
export function recordDamaged(key: string): Error {
  return storeError(
    'RECORD_DAMAGED',
    `the store's record ${quoted(key)} is damaged: its checksum does not match; restore the store from a backup, ` +
      `or remove what the record is of`,
    { details: { key } },
  );
}
