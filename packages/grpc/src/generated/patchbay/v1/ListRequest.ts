// Original file: proto/patchbay/v1/nameserver.proto


export interface ListRequestInput {
  'prefix'?: (string);
  /**
   * Only names after this one: the last page's next.
   */
  'after'?: (string);
  /**
   * At most this many; 0: the default, 100. At most 1000.
   */
  'limit'?: (number);
  /**
   * Only names that this glob matches as a whole: * matches any characters but "/", ? one of them, ** any
   * characters. INVALID_ARGUMENT (PATTERN_INVALID) for one that no name could match. Empty: any name.
   */
  'glob'?: (string);
  /**
   * Only names that this regular expression, in RE2's syntax, matches as a whole. Empty: any name.
   */
  'regex'?: (string);
  /**
   * Only names whose metadata has all of these: KEY=VALUE, or KEY with any value.
   */
  'meta'?: (string)[];
  /**
   * Only names whose metadata has at least one of these. None: any name.
   */
  'anyMeta'?: (string)[];
}

export interface ListRequest {
  'prefix': (string);
  /**
   * Only names after this one: the last page's next.
   */
  'after': (string);
  /**
   * At most this many; 0: the default, 100. At most 1000.
   */
  'limit': (number);
  /**
   * Only names that this glob matches as a whole: * matches any characters but "/", ? one of them, ** any
   * characters. INVALID_ARGUMENT (PATTERN_INVALID) for one that no name could match. Empty: any name.
   */
  'glob': (string);
  /**
   * Only names that this regular expression, in RE2's syntax, matches as a whole. Empty: any name.
   */
  'regex': (string);
  /**
   * Only names whose metadata has all of these: KEY=VALUE, or KEY with any value.
   */
  'meta': (string)[];
  /**
   * Only names whose metadata has at least one of these. None: any name.
   */
  'anyMeta': (string)[];
}
