import { MessageReader } from '@patchbay/session';

/** Finds the reason in a `grpc-status-details-bin` trailer: that of its google.rpc.ErrorInfo; undefined where none is. */
export function statusReason(trailer: unknown): string | undefined {
  if (typeof trailer !== 'string') {
    return undefined;
  }
  try {
    // Status.details (3) holds an Any, whose value (2) is the ErrorInfo, whose reason is 1.
    return textAt(new MessageReader(Buffer.from(trailer, 'base64')), [3, 2, 1]);
  } catch {
    return undefined; // damaged, or none of ours: the status itself still tells what happened
  }
}

function textAt(reader: MessageReader, [field, ...deeper]: readonly number[]): string | undefined {
  for (let each = reader.next(); each !== 0; each = reader.next()) {
    if (each === field) {
      if (deeper.length === 0) {
        return reader.text();
      }
      reader.enter();
      return textAt(reader, deeper);
    }
    reader.skip();
  }
  return undefined;
}
