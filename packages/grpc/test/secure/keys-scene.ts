import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

import type { ApiKey, Caller } from '@patchbay/objects';
import { deriveKey, type FindKey, makeApiKey } from '@patchbay/objects/identity';
import { connectOver, type ConnectToOptions, type ObjectClient } from '@patchbay/session/client';

import { apiKeyTransport } from '../../src/client/index.js';
import type { ApiKeyOptions } from '../../src/server/index.js';

const viewer: Caller['roles'] = [{ role: 'viewer', objects: '**', methods: '*' }];

/** The API keys of a cluster, as one server knows them, which a test changes. */
export class TestKeys {
  readonly server: ApiKeyOptions['server'];
  readonly #users = new Map<string, { readonly user: string; readonly secret: string }>();
  readonly used: string[] = [];

  constructor(server: ApiKeyOptions['server'] = { cluster: 'c1', kind: 'host', name: 'h1', serverId: 's1' }) {
    this.server = server;
  }

  make(user: string): ApiKey {
    const key = makeApiKey();
    this.#users.set(key.id, { user, secret: key.secret });
    return key;
  }

  remove({ id }: ApiKey): void {
    this.#users.delete(id);
  }

  /** How often a key was asked for. */
  asked = 0;

  readonly find: FindKey = (id, peer) => {
    this.asked += 1;
    const known = this.#users.get(id);
    const { cluster, kind, name } = this.server;
    return (
      known && {
        key: deriveKey(known.secret, cluster, `${kind}:${name}`),
        caller: { peer, principal: `user:${known.user}`, groups: [], roles: viewer },
      }
    );
  };

  get options(): ApiKeyOptions {
    return { server: this.server, find: this.find, onUse: (id) => this.used.push(id) };
  }
}

/** Connects to a server over TLS, or without, and proves who connects by a key. */
export function connectByKey(
  address: string,
  key: ApiKey,
  { tls = true, ...options }: ConnectToOptions & { readonly tls?: boolean } = {},
): ObjectClient {
  return connectOver(apiKeyTransport(key, { insecure: !tls }), address, { principal: 'host:h1', ...options });
}

/** Relays connections to a server, and changes what passes. */
export class Relay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
    });
  }

  /** @param accept makes a server of connections, TCP by default; @param change changes what passes, both ways */
  static async to(
    address: string,
    {
      accept = createServer,
      dial = (port) => connect(port, '127.0.0.1'),
      change = (data) => data,
    }: {
      readonly accept?: (take: (socket: Socket) => void) => Server;
      readonly dial?: (port: number) => Socket;
      readonly change?: (data: Buffer, from: 'client' | 'server') => Buffer;
    } = {},
  ): Promise<Relay> {
    const server = accept((client) => {
      const behind = dial(Number(address.split(':').at(-1)));
      const ways = [
        [client, behind, 'client'],
        [behind, client, 'server'],
      ] as const;
      for (const [from, to, who] of ways) {
        from.on('data', (data: Buffer) => {
          to.write(change(data, who));
        });
        from.on('close', () => {
          to.destroy();
        });
        from.on('error', () => undefined);
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Relay(server);
  }

  get address(): string {
    return `127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    await closed;
  }
}

/** Replaces a text by one of the same length in binary data. */
export function replaced(data: Buffer, text: string, by: string): Buffer {
  return Buffer.from(data.toString('latin1').replace(text, by), 'latin1');
}

/** Encodes a `CallRequest` without arguments, as protobuf does. */
export function callRequest(object: string, method: string): Buffer {
  return Buffer.concat(
    [object, method].flatMap((text, index) => [
      Buffer.from([((index + 1) << 3) | 2, text.length]),
      Buffer.from(text),
    ]),
  );
}

/** What a server answers a call with. */
export interface RawAnswer {
  readonly status: string;
  /** The message of the status, or what was returned, decoded no further. */
  readonly text: string;
  /** The trailer with the reason and the details, decoded no further. */
  readonly details: string;
}

/** Makes a `Call` by node:http2 alone, with metadata of one's own making. */
export async function rawCall(
  connection: ClientHttp2Session,
  request: Buffer,
  metadata: Readonly<Record<string, string>>,
): Promise<RawAnswer> {
  const stream = connection.request({
    ':method': 'POST',
    ':path': '/patchbay.v1.ObjectServer/Call',
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    ...metadata,
  });
  let last: IncomingHttpHeaders = {};
  const answers: Buffer[] = [];
  stream.on('response', (headers) => {
    last = headers;
  });
  stream.on('trailers', (headers: IncomingHttpHeaders) => {
    last = headers;
  });
  stream.on('data', (data: Buffer) => answers.push(data));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(request.length, 1);
  stream.end(Buffer.concat([prefix, request]));
  await once(stream, 'close').catch(() => undefined);
  const details = Buffer.from(String(last['grpc-status-details-bin'] ?? ''), 'base64').toString('latin1');
  const text =
    answers.length > 0 ? Buffer.concat(answers).toString() : decodeURIComponent(String(last['grpc-message']));
  return { status: String(last['grpc-status']), text, details };
}

/** Connects by node:http2 over TLS, without a certificate. */
export function connectRaw(address: string, root: string): ClientHttp2Session {
  const connection = connectHttp2(`https://${address}`, { ca: root, checkServerIdentity: () => undefined });
  connection.on('error', () => undefined);
  return connection;
}
