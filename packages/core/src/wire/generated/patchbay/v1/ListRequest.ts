// Original file: proto/patchbay/v1/nameserver.proto


export interface ListRequestInput {
  'prefix'?: (string);
  /**
   * Names after this one: the last page's next.
   */
  'after'?: (string);
  /**
   * At most this many; 0: the default, 100. At most 1000.
   */
  'limit'?: (number);
}

export interface ListRequest {
  'prefix': (string);
  /**
   * Names after this one: the last page's next.
   */
  'after': (string);
  /**
   * At most this many; 0: the default, 100. At most 1000.
   */
  'limit': (number);
}
