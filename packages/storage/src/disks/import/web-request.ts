import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import { sourceRefused } from './source.js';
import type { WebPolicy } from './web-policy.js';

const maxRedirects = 10;

/** The response of a web server. */
export interface WebResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Readable;
  /** Whether it was encoded, so that lengths and ranges refer to other bytes. */
  readonly isEncoded: boolean;
  /** Whether its end can be told from a connection that broke: by its length, its chunks, or its encoding. */
  readonly hasMarkedEnd: boolean;
}

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Requests a URL, with redirects. @throws RpcError `SOURCE_REFUSED`; connection errors of Node; the signal's reason */
export async function requestUrl(
  url: URL,
  options: {
    readonly policy: WebPolicy;
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  },
): Promise<WebResponse> {
  let current = url;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const message = await send(current, options);
    const { location } = message.headers;
    if (location === undefined || ![301, 302, 303, 307, 308].includes(message.statusCode ?? 0)) {
      return decoded(current, message);
    }
    message.destroy();
    current = redirectTarget(current, location);
  }
  throw sourceRefused(url.href, `it redirects more than ${String(maxRedirects)} times`);
}

function send(
  url: URL,
  { policy, headers, signal }: Parameters<typeof requestUrl>[1],
): Promise<IncomingMessage> {
  policy.assertAllowed(url);
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    request(
      url,
      {
        // With an encoding the length, and perhaps the checksum, would be those of other bytes.
        headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'patchbay' },
        agent: false,
        lookup: policy.lookupFor(url),
        signal,
      },
      resolve,
    )
      .on('error', reject)
      .end();
  });
}

function redirectTarget(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol !== 'http:' && to?.protocol !== 'https:') {
    throw sourceRefused(from.href, `it redirects to ${location}, which is not an http or https URL`);
  }
  if (to.username !== '' || to.password !== '') {
    throw sourceRefused(from.href, 'it redirects to a URL with a user or password');
  }
  return to;
}

function decoded(url: URL, message: IncomingMessage): WebResponse {
  const { statusCode: status = 0, headers } = message;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') {
    const isChunked = headers['transfer-encoding']?.endsWith('chunked') === true;
    const hasMarkedEnd = isChunked || headers['content-length'] !== undefined;
    return { status, headers, body: message, isEncoded: false, hasMarkedEnd };
  }
  const decoder = decoders[encoding]?.();
  if (decoder === undefined) {
    message.destroy();
    throw sourceRefused(url.href, `the server encodes it with ${encoding}, which is not supported`);
  }
  // The reader of the last stream receives the errors of all.
  const body = pipeline(message, decoder, () => undefined);
  return { status, headers, body, isEncoded: true, hasMarkedEnd: true };
}
