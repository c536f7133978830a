/**
 * The error codes of Patchbay and the gRPC status of each: one to one, under gRPC's own names.
 * docs/reference/errors.md explains what each code means to a caller.
 */
export const grpcStatusOfCode = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

/** An error code: the name of a gRPC status other than OK. */
export type Code = keyof typeof grpcStatusOfCode;

/** All error codes. */
export const codes = Object.keys(grpcStatusOfCode) as [Code, ...Code[]];

const codeOfStatus = new Map<number, Code>(
  Object.entries(grpcStatusOfCode).map(([code, status]) => [status, code as Code]),
);

/** Returns the code of a gRPC status number; `UNKNOWN` for a number outside the table. */
export function codeOfGrpcStatus(status: number): Code {
  return codeOfStatus.get(status) ?? 'UNKNOWN';
}

/** Reports whether a text is the name of a code. */
export function isCode(text: string): text is Code {
  return Object.hasOwn(grpcStatusOfCode, text);
}
