// Original file: proto/patchbay/v1/objects.proto


/**
 * The first frame of each side.
 */
export interface HelloInput {
  /**
   * The client's id, chosen by itself. Call N of client C has the id "C-N" in both sides' logs.
   */
  'client'?: (string);
  /**
   * From the server: how many calls it lets this session have in flight; a call above that fails with
   * RESOURCE_EXHAUSTED.
   */
  'maxCalls'?: (number);
  /**
   * How many bytes of unacknowledged items the client takes for each call before it grants credit.
   */
  'itemWindow'?: (number);
  /**
   * How large a frame this side accepts, in bytes; at least 262144, which needs no saying.
   */
  'maxFrame'?: (number);
}

/**
 * The first frame of each side.
 */
export interface Hello {
  /**
   * The client's id, chosen by itself. Call N of client C has the id "C-N" in both sides' logs.
   */
  'client': (string);
  /**
   * From the server: how many calls it lets this session have in flight; a call above that fails with
   * RESOURCE_EXHAUSTED.
   */
  'maxCalls': (number);
  /**
   * How many bytes of unacknowledged items the client takes for each call before it grants credit.
   */
  'itemWindow': (number);
  /**
   * How large a frame this side accepts, in bytes; at least 262144, which needs no saying.
   */
  'maxFrame': (number);
}
