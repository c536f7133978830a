import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { pipeline, type Readable, type Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import { sourceRefused } from './source.js';
import { type WebPolicy } from './web-policy.js';

const mostRedirects = 10;

/** What a web server answered. */
export interface WebAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** As the file is, whatever it was packed with for the way. */
  readonly body: Readable;
  /** Whether it was packed, so that lengths and ranges are those of other bytes. */
  readonly isEncoded: boolean;
}

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * Asks for a URL and follows redirects, as far as the policy allows.
 * @throws RpcError `SOURCE_REFUSED`; errors of connections as Node gives them; the signal's reason
 */
export async function requestUrl(
  url: URL,
  options: {
    readonly policy: WebPolicy;
    readonly headers: Readonly<Record<string, string>>;
    readonly signal: AbortSignal;
  },
): Promise<WebAnswer> {
  let at = url;
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    const answer = await ask(at, options);
    const { location } = answer.headers;
    if (location === undefined || ![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0)) {
      return opened(at, answer);
    }
    answer.destroy();
    at = next(at, location);
  }
  throw sourceRefused(
    url.href,
    `it leads from one place to another more than ${String(mostRedirects)} times`,
  );
}

function ask(
  url: URL,
  { policy, headers, signal }: Parameters<typeof requestUrl>[1],
): Promise<IncomingMessage> {
  policy.assertAllowed(url);
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? requestHttps : requestHttp;
    request(
      url,
      {
        // Any encoding would make the length, and perhaps the checksum, that of other bytes.
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

function next(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to?.protocol !== 'http:' && to?.protocol !== 'https:') {
    throw sourceRefused(from.href, `it leads to ${location}, which is no http or https URL`);
  }
  if (to.username !== '' || to.password !== '') {
    throw sourceRefused(from.href, 'it leads to a URL with a password');
  }
  return to;
}

function opened(url: URL, answer: IncomingMessage): WebAnswer {
  const { statusCode: status = 0, headers } = answer;
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') {
    return { status, headers, body: answer, isEncoded: false };
  }
  const decoder = decoders[encoding]?.();
  if (decoder === undefined) {
    answer.destroy();
    throw sourceRefused(url.href, `the server packs it with ${encoding}, which is unknown here`);
  }
  // What goes wrong on the way, the reader of the last stream hears.
  const body = pipeline(answer, decoder, () => undefined);
  return { status, headers, body, isEncoded: true };
}
