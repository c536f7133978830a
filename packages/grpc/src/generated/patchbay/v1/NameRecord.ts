// Original file: proto/patchbay/v1/nameserver.proto

import type { EndpointInput as _patchbay_v1_EndpointInput, Endpoint as _patchbay_v1_Endpoint } from '../../patchbay/v1/Endpoint.js';
import type { Long } from '@grpc/proto-loader';

export interface NameRecordInput {
  'name'?: (string);
  'endpoints'?: (_patchbay_v1_EndpointInput)[];
  'metadata'?: ({[key: string]: string});
  /**
   * The registry's revision at the last change of the name or of one of its endpoints.
   */
  'revision'?: (number | string | Long);
  /**
   * RFC 3339, UTC.
   */
  'registeredAt'?: (string);
  /**
   * Whether several servers may have the name: it has an endpoint for each. Absent for a name that only one may have.
   */
  'shared'?: (boolean);
  '_shared'?: "shared";
}

export interface NameRecord {
  'name': (string);
  'endpoints': (_patchbay_v1_Endpoint)[];
  'metadata': ({[key: string]: string});
  /**
   * The registry's revision at the last change of the name or of one of its endpoints.
   */
  'revision': (number);
  /**
   * RFC 3339, UTC.
   */
  'registeredAt': (string);
  /**
   * Whether several servers may have the name: it has an endpoint for each. Absent for a name that only one may have.
   */
  'shared'?: (boolean);
  '_shared'?: "shared";
}
