// Original file: proto/google/rpc/status.proto


/**
 * The reason of an error, for programs. The domain is "patchbay".
 */
export interface ErrorInfoInput {
  'reason'?: (string);
  'domain'?: (string);
  /**
   * The details: strings unchanged, others as JSON; and "call_id".
   */
  'metadata'?: ({[key: string]: string});
}

/**
 * The reason of an error, for programs. The domain is "patchbay".
 */
export interface ErrorInfo {
  'reason': (string);
  'domain': (string);
  /**
   * The details: strings unchanged, others as JSON; and "call_id".
   */
  'metadata': ({[key: string]: string});
}
