import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { AddressInfo } from 'node:net';
import type { SecureContextOptions, Server } from 'node:tls';

import {
  type Clock,
  formatAddress,
  type Log,
  parseTcpAddress,
  type RpcError,
  systemErrorText,
} from '@patchbay/objects';
import {
  type CertificateAndKey,
  type CertificateFiles,
  FollowedFiles,
  readCertificate,
} from '@patchbay/objects/identity';

import { storageError } from '../errors.js';
import type { Health } from './health.js';
import { chainScript, refusalScript } from './script.js';
import type { BootScriptHandler } from './script-handler.js';

/** Where the endpoint listens, and what it serves. */
export interface BootEndpointOptions {
  /** `host:port` */
  readonly listen: string;
  /** The files of its certificate, which are followed. Default: it serves plain HTTP. */
  readonly tls?: CertificateFiles | undefined;
  readonly scripts: BootScriptHandler;
  readonly health: Health;
  readonly metrics: { readonly contentType: string; readonly text: () => Promise<string> };
  readonly clock: Clock;
  readonly log: Log;
}

/** A running HTTP endpoint of boot scripts, health and metrics. */
export interface BootEndpoint extends AsyncDisposable {
  /** Where it listens, `host:port`. */
  readonly address: string;
  /** Stops listening and closes all connections. */
  close(): Promise<void>;
}

/** How long a client may take to send its request, in milliseconds, and how many connections may be open. */
const limits = { requestMs: 10_000, keepAliveMs: 5000, connections: 1024 };

/** What is spoken with a certificate: iPXE has no TLS 1.3. */
const minVersion = 'TLSv1.2';

/**
 * Starts the HTTP endpoint of boot scripts, health and metrics.
 *
 * @throws RpcError `BOOT_UNAVAILABLE`, and for the files of its certificate `CONFIG_INVALID`, `IDENTITY_FILE_UNSAFE`
 */
export async function startBootEndpoint(options: BootEndpointOptions): Promise<BootEndpoint> {
  const { listen } = options;
  const certificate = followCertificate(options, (next) => {
    (app.server as unknown as Server).setSecureContext(secureContext(next));
  });
  const app = fastify({
    ...(certificate && { https: secureContext(certificate.current) }),
    // A HEAD must not consume a token.
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    bodyLimit: 1024,
    // A path that cannot be decoded, or is too long, is refused before it reaches a route.
    frameworkErrors: (error, _request, reply) => {
      void sendRefusal(reply, error.statusCode ?? 400);
    },
  });
  app.server.maxConnections = limits.connections;
  addRoutes(app, options);
  const { host, port } = parseTcpAddress(listen);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await certificate?.[Symbol.asyncDispose]();
    await app.close();
    throw bootUnavailable(listen, error);
  }
  const bound = app.server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await certificate?.[Symbol.asyncDispose]();
    await app.close();
  };
  return { address: formatAddress({ host, port: bound.port }), close, [Symbol.asyncDispose]: close };
}

/** Reads the certificate, and follows its files; undefined without one. */
function followCertificate(
  { tls, clock, log }: BootEndpointOptions,
  onChange: (certificate: CertificateAndKey) => void,
): FollowedFiles<CertificateAndKey> | undefined {
  return (
    tls &&
    FollowedFiles.open({
      paths: [tls.certificate, tls.key],
      read: () => readCertificate(tls, clock.now()),
      onChange,
      clock,
      log,
    })
  );
}

function secureContext({ certificate, privateKey }: CertificateAndKey): SecureContextOptions {
  return { cert: certificate, key: privateKey, minVersion };
}

/** Makes the error about an address that cannot be listened on. */
export function bootUnavailable(listen: string, cause: unknown): RpcError {
  return storageError(
    'BOOT_UNAVAILABLE',
    `cannot serve boot scripts at ${listen}: ${systemErrorText(cause)}; free the address, or name another one in ` +
      'the option boot.listen',
    { details: { listen }, cause },
  );
}

function addRoutes(app: FastifyInstance, { scripts, health, metrics, log }: BootEndpointOptions): void {
  app.get<{ Querystring: Readonly<Record<string, unknown>> }>('/boot.ipxe', (request, reply) =>
    sendScript(reply, 200, chainScript(tokenIn(request.query))),
  );
  app.get<{ Params: { readonly name: string }; Querystring: Readonly<Record<string, unknown>> }>(
    '/boot/:name',
    async ({ ip, params, query }, reply) => {
      const { status, body } = await scripts.handle(ip, {
        name: params.name,
        mac: textIn(query.mac),
        token: tokenIn(query),
      });
      return sendScript(reply, status, body);
    },
  );
  app.get('/healthz', { exposeHeadRoute: true }, async (_request, reply) => {
    const report = await health.report();
    const status = report.status === 'serving' ? 200 : 503;
    return reply.code(status).header('cache-control', 'no-store').send(report);
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  app.setNotFoundHandler((_request, reply) => sendScript(reply, 404, refusalScript('there is nothing here')));
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      // Logs the route instead of the URL, as the query may contain a token.
      log.error('an HTTP request failed', { route: request.routeOptions.url, error });
    }
    return sendRefusal(reply, status);
  });
}

function sendRefusal(reply: FastifyReply, status: number): FastifyReply {
  return sendScript(reply, status, refusalScript('this request could not be answered'));
}

function sendScript(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').type('text/plain; charset=utf-8').send(body);
}

/** Returns the token of a query, if it has the form of one. */
function tokenIn({ token }: Readonly<Record<string, unknown>>): string | undefined {
  const text = textIn(token);
  return text !== undefined && /^[A-Za-z0-9]{1,64}$/.test(text) ? text : undefined;
}

/** Returns a parameter of a query; undefined if it was given more than once. */
function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
