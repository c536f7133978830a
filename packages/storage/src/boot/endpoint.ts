import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { type AddressInfo } from 'node:net';

import { formatAddress, type Log, parseAddress } from '@patchbay/objects';

import { storageError } from '../errors.js';
import { type BootAnswers } from './answer.js';
import { type Health } from './health.js';
import { chainScript, refusalScript } from './script.js';

/** What the endpoint serves. */
export interface EndpointContent {
  readonly answers: BootAnswers;
  readonly health: Health;
  readonly metrics: { readonly contentType: string; readonly text: () => Promise<string> };
  readonly log: Log;
}

/** How long a client may take to say what it wants, in milliseconds, and how many may be connected. */
const limits = { requestMs: 10_000, keepAliveMs: 5000, connections: 1024 };

const noStore = 'no-store';

/** The HTTP endpoint of boot scripts, health and metrics. */
export class BootEndpoint implements AsyncDisposable {
  readonly #app: FastifyInstance;
  /** Where it listens, `host:port`. */
  readonly address: string;

  private constructor(app: FastifyInstance, address: string) {
    this.#app = app;
    this.address = address;
  }

  /** Starts it. @throws RpcError `BOOT_UNAVAILABLE` */
  static async start(listen: string, content: EndpointContent): Promise<BootEndpoint> {
    const app = fastify({
      // A HEAD must not use up a token.
      exposeHeadRoutes: false,
      forceCloseConnections: true,
      requestTimeout: limits.requestMs,
      connectionTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      bodyLimit: 1024,
      // A path that cannot be decoded, or is too long, is refused before there is a route to answer.
      frameworkErrors: (error, _request, reply) => {
        void sendRefusal(reply, error.statusCode ?? 400);
      },
    });
    app.server.maxConnections = limits.connections;
    addRoutes(app, content);
    const { host, port } = parseAddress(listen);
    try {
      await app.listen({ host, port });
    } catch (error) {
      await app.close();
      throw storageError(
        'BOOT_UNAVAILABLE',
        `cannot serve boot scripts at ${listen}; is the address taken?`,
        {
          details: { listen },
          cause: error,
        },
      );
    }
    const bound = app.server.address();
    return new BootEndpoint(app, formatAddress({ host, port: (bound as AddressInfo).port }));
  }

  /** Ends what is being answered, and listens no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app.close();
  }
}

function addRoutes(app: FastifyInstance, { answers, health, metrics, log }: EndpointContent): void {
  app.get<{ Querystring: Readonly<Record<string, unknown>> }>('/boot.ipxe', (request, reply) =>
    sendScript(reply, 200, chainScript(tokenIn(request.query))),
  );
  app.get<{ Params: { readonly name: string }; Querystring: Readonly<Record<string, unknown>> }>(
    '/boot/:name',
    async ({ ip, params, query }, reply) => {
      const { status, body } = await answers.answer(ip, {
        name: params.name,
        mac: textIn(query.mac),
        token: tokenIn(query),
      });
      return sendScript(reply, status, body);
    },
  );
  app.get('/healthz', { exposeHeadRoute: true }, async (_request, reply) => {
    const report = await health.report();
    return reply
      .code(report.status === 'serving' ? 200 : 503)
      .header('cache-control', noStore)
      .send(report);
  });
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  app.setNotFoundHandler((_request, reply) => sendScript(reply, 404, refusalScript('there is nothing here')));
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) {
      // The query may hold a token.
      log.error('an HTTP request failed', { route: request.routeOptions.url, error });
    }
    return sendRefusal(reply, status);
  });
}

function sendRefusal(reply: FastifyReply, status: number): FastifyReply {
  return sendScript(reply, status, refusalScript('this request could not be answered'));
}

function sendScript(reply: FastifyReply, status: number, body: string): FastifyReply {
  return reply.code(status).header('cache-control', noStore).type('text/plain; charset=utf-8').send(body);
}

/** Gives the token of a query, where it can be one. */
function tokenIn({ token }: Readonly<Record<string, unknown>>): string | undefined {
  const text = textIn(token);
  return text !== undefined && /^[A-Za-z0-9]{1,64}$/.test(text) ? text : undefined;
}

/** A parameter that was given twice is as good as none. */
function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
