// Original file: proto/google/rpc/status.proto


/**
 * Why it failed, for programs. The domain is "patchbay".
 */
export interface ErrorInfoInput {
  'reason'?: (string);
  'domain'?: (string);
  /**
   * Text details as they are, others as JSON text; and "call_id".
   */
  'metadata'?: ({[key: string]: string});
}

/**
 * Why it failed, for programs. The domain is "patchbay".
 */
export interface ErrorInfo {
  'reason': (string);
  'domain': (string);
  /**
   * Text details as they are, others as JSON text; and "call_id".
   */
  'metadata': ({[key: string]: string});
}
