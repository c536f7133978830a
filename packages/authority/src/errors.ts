import { defineErrors } from '@patchbay/objects';

/** The errors of the authority. */
export const authorityError = defineErrors({
  TOKEN_INVALID: [
    'UNAUTHENTICATED',
    'The token is not one of this cluster, was revoked, or is for the other kind; an admin makes another with rpcclient identity.create_token.',
  ],
  TOKEN_EXPIRED: [
    'UNAUTHENTICATED',
    "The token's time is over; an admin makes another with rpcclient identity.create_token.",
  ],
  TOKEN_USED: [
    'UNAUTHENTICATED',
    'The token was used as often as it may be, by other keys; an admin makes another with rpcclient identity.create_token.',
  ],
  ENROLMENT_UNNAMED: [
    'INVALID_ARGUMENT',
    'Neither the token nor who enrols says under which name; the token was not used up.',
  ],
  ENROLMENT_NAME_REFUSED: [
    'PERMISSION_DENIED',
    'The token is for another name, which details.name is; the token was not used up.',
  ],
  HOST_EXISTS: [
    'ALREADY_EXISTS',
    'The name has another key. If the machine was installed anew, an admin runs rpcclient identity.replace_host NAME.',
  ],
  HOST_PENDING: [
    'FAILED_PRECONDITION',
    'An admin has to approve the host: rpcclient identity.approve NAME FINGERPRINT.',
  ],
  HOST_REVOKED: [
    'PERMISSION_DENIED',
    'The host or user was revoked, rejected or disabled. An admin takes a host back with rpcclient identity.replace_host NAME.',
  ],
  HOST_NOT_PENDING: [
    'FAILED_PRECONDITION',
    'The host does not wait for approval; details.state says how it stands.',
  ],
  FINGERPRINT_DIFFERS: [
    'FAILED_PRECONDITION',
    'The host that waits has another key than the one that is to be approved: compare the fingerprint that rpcserver join printed.',
  ],
  PROOF_INVALID: [
    'UNAUTHENTICATED',
    'The signature is not of this key over these arguments, or the challenge is older than 60 s or of another connection.',
  ],
  PUBLIC_KEY_INVALID: [
    'INVALID_ARGUMENT',
    'A public key is not one of P-256, or of X25519 to seal to, in PEM.',
  ],
  ENROLMENTS_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'Too many attempts failed of late, or too many hosts wait for approval; try again in a minute, or let an admin approve or reject some.',
  ],
  RECORDS_EXHAUSTED: [
    'RESOURCE_EXHAUSTED',
    'The authority keeps as many records of this kind as it may; details.limit says how many. Remove some.',
  ],
  RECORD_NOT_FOUND: ['NOT_FOUND', 'There is no host, user, token, key or grant of this name.'],
  RECORD_EXISTS: ['ALREADY_EXISTS', 'There is a host or user of this name.'],
  CERTIFICATES_NOT_ISSUED: [
    'FAILED_PRECONDITION',
    'The cluster has a PKI of its own, which issues the certificates: nobody enrols. An admin adds hosts and users with rpcclient identity.add_host and add_user.',
  ],
  AUTHORITY_EXISTS: ['FAILED_PRECONDITION', 'The state directory has an authority already; start it.'],
  CLUSTER_KEY_MISSING: [
    'FAILED_PRECONDITION',
    'The file with the cluster key is not there, and without it the authority cannot sign: restore it. If it is lost, run nameserver init --new-authority, and let all join anew.',
  ],
  CLUSTER_KEY_WRONG: [
    'FAILED_PRECONDITION',
    "The file with the cluster key has another cluster's key, or none: restore the one with the fingerprint that the message names. If it is lost, run nameserver init --new-authority, and let all join anew.",
  ],
});
