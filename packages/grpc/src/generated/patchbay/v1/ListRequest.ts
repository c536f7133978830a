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
  /**
   * Names like this as a whole: * stands for any characters but "." and "/", ? for one of them, ** for any at
   * all. INVALID_ARGUMENT (PATTERN_INVALID) for what no name could be like. Empty: any name.
   */
  'glob'?: (string);
  /**
   * Names that this regular expression, in RE2's syntax, matches as a whole. Empty: any name.
   */
  'regex'?: (string);
  /**
   * Names whose metadata has all of these: KEY=VALUE, or KEY with any value.
   */
  'meta'?: (string)[];
  /**
   * Names whose metadata has at least one of these. None: any name.
   */
  'anyMeta'?: (string)[];
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
  /**
   * Names like this as a whole: * stands for any characters but "." and "/", ? for one of them, ** for any at
   * all. INVALID_ARGUMENT (PATTERN_INVALID) for what no name could be like. Empty: any name.
   */
  'glob': (string);
  /**
   * Names that this regular expression, in RE2's syntax, matches as a whole. Empty: any name.
   */
  'regex': (string);
  /**
   * Names whose metadata has all of these: KEY=VALUE, or KEY with any value.
   */
  'meta': (string)[];
  /**
   * Names whose metadata has at least one of these. None: any name.
   */
  'anyMeta': (string)[];
}
