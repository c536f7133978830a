// Original file: proto/patchbay/v1/objects.proto


export interface IdempotentMethodsInput {
  'object'?: (string);
  'methods'?: (string)[];
}

export interface IdempotentMethods {
  'object': (string);
  'methods': (string)[];
}
