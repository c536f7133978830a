// Original file: proto/patchbay/v1/objects.proto


export interface DescribeRequestInput {
  /**
   * Empty: all objects.
   */
  'object'?: (string);
}

export interface DescribeRequest {
  /**
   * Empty: all objects.
   */
  'object': (string);
}
