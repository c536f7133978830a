// Original file: proto/patchbay/v1/identity.proto

import type { Long } from '@grpc/proto-loader';

export interface EnrolResponseInput {
  /**
   * "active", or "pending" while an admin has to approve the fingerprint: Renew finds out.
   */
  'state'?: (string);
  'kind'?: (string);
  'name'?: (string);
  'cluster'?: (string);
  /**
   * Of the public key.
   */
  'fingerprint'?: (string);
  'groups'?: (string)[];
  /**
   * The certificates of the roots that are trusted, in PEM.
   */
  'roots'?: (string)[];
  /**
   * In PEM; empty while pending.
   */
  'certificate'?: (string);
  /**
   * How long the certificate is valid from now on, and altogether, in milliseconds. Renew when a third is left.
   */
  'remainingMs'?: (number | string | Long);
  'lifetimeMs'?: (number | string | Long);
}

export interface EnrolResponse {
  /**
   * "active", or "pending" while an admin has to approve the fingerprint: Renew finds out.
   */
  'state': (string);
  'kind': (string);
  'name': (string);
  'cluster': (string);
  /**
   * Of the public key.
   */
  'fingerprint': (string);
  'groups': (string)[];
  /**
   * The certificates of the roots that are trusted, in PEM.
   */
  'roots': (string)[];
  /**
   * In PEM; empty while pending.
   */
  'certificate': (string);
  /**
   * How long the certificate is valid from now on, and altogether, in milliseconds. Renew when a third is left.
   */
  'remainingMs': (number);
  'lifetimeMs': (number);
}
