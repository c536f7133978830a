import type { Server } from '@grpc/grpc-js';
import {
  constants,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { DropArgument } from 'node:net';

import type { Clock, Log } from '@patchbay/objects';
import type { SessionLimits } from '@patchbay/session/server';

import { watchConnection } from './connection-liveness.js';
import { notePeer, peerOn } from './peers.js';
import { answerPlaintext } from './plaintext-clients.js';

/** How many calls a second a client may reset without having others answered. */
const resetsPerSecond = 50;

/** How often refused connections are logged at most, in milliseconds. */
const dropNoteMs = 60_000;

/** How many streams are opened before others have a turn: each costs about as much as ten calls of a session. */
const streamsPerTurn = 32;

interface Allowance {
  resets: number;
  atMs: number;
}

/**
 * Stands between the connections of a server and grpc-js: bounds how many there are, passes on so many streams a turn,
 * ends connections that only reset their calls, and calls whose client does not read the answer. grpc-js keeps its HTTP/2
 * servers in a private field; tests fail if that is renamed.
 */
export class ConnectionGuard {
  readonly #server: Server;
  readonly #servers = new Set<Http2Server>();
  readonly #services: { readonly clock: Clock; readonly log: Log };
  readonly #ownStalls: string;
  #limits: SessionLimits;
  /** Open the streams that are still worth it, in order. */
  #waiting: (() => void)[] = [];
  #openedInTurn = 0;
  #nextDropNoteMs = -Infinity;
  readonly #allowances = new WeakMap<Http2Session, Allowance>();

  /**
   * @param ownStalls the path of calls that look after their readers themselves
   */
  constructor(
    server: Server,
    limits: SessionLimits,
    services: { readonly clock: Clock; readonly log: Log },
    ownStalls: string,
  ) {
    this.#server = server;
    this.#limits = limits;
    this.#services = services;
    this.#ownStalls = ownStalls;
  }

  /**
   * Guards what the server listens on since it was last called.
   * @param socket the socket file that this is, as `unix:/path`; undefined for TCP
   * @param onSecure called with each connection, where it speaks TLS
   */
  add(socket: string | undefined, onSecure?: (connection: ServerHttp2Session) => void): void {
    const { http2Servers } = this.#server as unknown as {
      readonly http2Servers: ReadonlyMap<Http2Server, unknown>;
    };
    for (const http2Server of [...http2Servers.keys()].filter((each) => !this.#servers.has(each))) {
      this.#servers.add(http2Server);
      http2Server.maxConnections = this.#limits.maxConnections;
      http2Server.on('drop', (dropped?: DropArgument) => {
        this.#noteDrop(socket ?? `${String(dropped?.remoteAddress)}:${String(dropped?.remotePort)}`);
      });
      http2Server.on('session', (session) => {
        notePeer(session, socket);
        this.#guard(session);
        onSecure?.(session);
      });
      if (onSecure !== undefined) {
        answerPlaintext(http2Server);
      }
    }
  }

  /** Bounds the connections that are made from now on, and their streams. */
  limitTo(limits: SessionLimits): void {
    this.#limits = limits;
    for (const server of this.#servers) {
      server.maxConnections = limits.maxConnections;
      server.updateSettings({ maxConcurrentStreams: limits.maxStreams });
    }
  }

  /** Logs that connections are refused, at most once a minute. */
  #noteDrop(peer: string): void {
    const nowMs = this.#services.clock.monotonicMs();
    if (nowMs < this.#nextDropNoteMs) {
      return;
    }
    this.#nextDropNoteMs = nowMs + dropNoteMs;
    this.#services.log.warn('refused a connection: the limit of open connections is reached', {
      peer,
      maxConnections: this.#limits.maxConnections,
    });
  }

  #guard(session: ServerHttp2Session): void {
    watchConnection(session, this.#limits.keepalive, this.#services);
    const handlers = session.listeners('stream');
    session.removeAllListeners('stream');
    session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...rest: unknown[]) => {
      if (!this.#admit(session, stream, headers)) {
        return;
      }
      this.#inTurn(() => {
        if (!stream.destroyed && !stream.closed) {
          this.#openedInTurn++;
          for (const handle of handlers) {
            Reflect.apply(handle, session, [stream, headers, ...rest]);
          }
        }
      });
    });
  }

  #inTurn(open: () => void): void {
    if (this.#openedInTurn === 0) {
      setImmediate(this.#nextTurn);
    }
    if (this.#openedInTurn < streamsPerTurn && this.#waiting.length === 0) {
      open();
    } else {
      this.#waiting.push(open);
    }
  }

  readonly #nextTurn = (): void => {
    this.#openedInTurn = 0;
    const waiting = this.#waiting;
    let next = 0;
    while (next < waiting.length && this.#openedInTurn < streamsPerTurn) {
      waiting[next++]?.();
    }
    this.#waiting = waiting.slice(next);
    if (this.#openedInTurn > 0) {
      setImmediate(this.#nextTurn);
    }
  };

  /** Reports whether a stream is worth any work: not if it was reset in the same breath. */
  #admit(session: Http2Session, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
    stream.on('error', () => undefined); // grpc-js listens too, but not before it has the stream
    if (stream.destroyed || stream.closed) {
      this.#count(session, -1);
      return false;
    }
    stream.once('close', () => {
      const isAnswered = stream.rstCode === constants.NGHTTP2_NO_ERROR && stream.headersSent;
      this.#count(session, isAnswered ? 1 : -1);
    });
    if (headers[constants.HTTP2_HEADER_PATH] !== this.#ownStalls) {
      stream.setTimeout(this.#limits.stallMs, () => {
        if (stream.writableLength > 0) {
          stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
        }
      });
    }
    return true;
  }

  /** Adds to what a connection may reset, and ends it when nothing is left. */
  #count(session: Http2Session, change: number): void {
    if (session.destroyed) {
      return;
    }
    const most = 2 * this.#limits.maxStreams;
    const nowMs = Date.now();
    const { resets, atMs } = this.#allowances.get(session) ?? { resets: most, atMs: nowMs };
    const regained = Math.max(0, nowMs - atMs) * (resetsPerSecond / 1000);
    const left = Math.min(most, resets + regained + change);
    this.#allowances.set(session, { resets: left, atMs: nowMs });
    if (left < 0) {
      const { peer } = peerOn(session);
      this.#services.log.warn('ended a connection that resets its calls', { peer });
      session.destroy(new Error('it resets its calls'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }
  }
}
