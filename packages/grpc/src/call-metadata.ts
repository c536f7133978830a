import type { Metadata } from '@grpc/grpc-js';

import { type CallMetadata, metadataError, noMetadata } from '@patchbay/objects';

const prefix = 'x-patchbay-meta-';
const onBehalfOfKey = 'x-patchbay-on-behalf-of';
/** The keys that have a header of their own, which other programs know too: those of W3C's Trace Context and Baggage. */
const standardKeys: ReadonlySet<string> = new Set(['traceparent', 'tracestate', 'baggage']);

/** Returns a call's metadata from that of gRPC. @throws RpcError `METADATA_INVALID` */
export function metadataIn(headers: Metadata): CallMetadata {
  let found: Record<string, string> | undefined;
  for (const header of Object.keys(headers.getMap())) {
    const isStandard = standardKeys.has(header);
    if (isStandard || header.startsWith(prefix)) {
      found ??= Object.create(null) as Record<string, string>;
      const value = headers.get(header).join(',');
      found[isStandard ? header : header.slice(prefix.length)] = isStandard ? value : decoded(value);
    }
  }
  if (found === undefined) {
    return noMetadata;
  }
  const wrong = metadataError(found);
  if (wrong !== undefined) {
    throw wrong;
  }
  return found;
}

/** Returns on whose behalf a call is made, as its caller says it; undefined: on its own. */
export function onBehalfOfIn(headers: Metadata): string | undefined {
  const given = headers.get(onBehalfOfKey);
  return given.length === 0 ? undefined : given.join(',');
}

/** Adds a call's metadata to that of gRPC, whose values are ASCII: other characters are percent-encoded UTF-8. */
export function addMetadata(headers: Metadata, metadata: CallMetadata): Metadata {
  for (const [key, value] of Object.entries(metadata)) {
    if (standardKeys.has(key)) {
      headers.set(key, value.replace(/[^\x20-\x7e]/gu, encodeURIComponent));
    } else {
      headers.set(prefix + key, value.replace(/^ | $|[^\x20-\x24\x26-\x7e]/gu, encodeURIComponent));
    }
  }
  return headers;
}

/** Decodes percent-encoded UTF-8, and leaves a `%` that begins none as it is. */
function decoded(value: string): string {
  return value.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
