import { defineErrors } from '@patchbay/objects';

/** The errors of the name server. */
export const nameServerError = defineErrors({
  NAME_TAKEN: [
    'ALREADY_EXISTS',
    'Another live server holds the name; details.name, .address, .serverId and .host tell which.',
  ],
  LEASE_NOT_OWNED: [
    'PERMISSION_DENIED',
    'The lease was granted to another principal; whether it is there is not told. Register.',
  ],
  NAME_LOST: [
    'ABORTED',
    'The name was taken on purpose from who held it, by another server or by an operator.',
  ],
  NAME_RESERVED: ['INVALID_ARGUMENT', "The name is the name server's own; register another."],
  NAME_NOT_ALLOWED: [
    'PERMISSION_DENIED',
    'The name is not one of those that the caller may register, or is reserved for another host.',
  ],
  RESERVATIONS_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'So many names are reserved for the host that it gets no more; an admin removes some.',
  ],
  REGISTRATIONS_HELD: [
    'UNAVAILABLE',
    'The name server was restored, and takes no names of other machines until servers had the time to say which hosts were revoked since: it does after 15 s.',
  ],
  NAME_REPEATED: ['INVALID_ARGUMENT', 'One registration claims the same name twice.'],
  CLAIMS_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'One registration claims more than 100 names; register the others under a lease of their own.',
  ],
  SERVER_ID_INVALID: ['INVALID_ARGUMENT', "A server's id is empty, too long, or not plain text."],
  ADDRESS_INVALID: [
    'INVALID_ARGUMENT',
    'An address is not HOST:PORT, or not one that clients can dial, such as 0.0.0.0.',
  ],
  TTL_OUT_OF_RANGE: ['INVALID_ARGUMENT', 'A lease shall live between one second and one hour.'],
  LIMIT_OUT_OF_RANGE: ['INVALID_ARGUMENT', 'A page holds between 1 and 1000 names.'],
  PATTERN_INVALID: [
    'INVALID_ARGUMENT',
    'A glob, regular expression or condition on metadata cannot be read; the message says why.',
  ],
  METADATA_INVALID: [
    'INVALID_ARGUMENT',
    'Metadata has more than 64 keys, or a key or its value is too long.',
  ],
});
