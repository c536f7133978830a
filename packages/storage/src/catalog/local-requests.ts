import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import type { Log } from '@patchbay/objects';

import { storageError } from '../errors.js';
import { catalogDirectory } from './open-catalog.js';

/** What commands on the server's host ask of a running storage object, which alone can open its catalog. */
export type LocalRequest = 'backup' | 'fsck';

/** What answers each of them: bytes, or a text. */
export type LocalAnswers = Readonly<Record<LocalRequest, () => Promise<Readable>>>;

/**
 * Answers requests at a socket in the catalog's directory, which root alone can enter. A request is its name, and the
 * answer all bytes until the end; where there is none, the request failed and the log says why.
 */
export async function answerLocally(
  stateDir: string,
  answers: LocalAnswers,
  log: Log,
): Promise<AsyncDisposable> {
  const path = socketPath(stateDir);
  // Left by a process that was killed: nobody else can be there, for the catalog is open here.
  await rm(path, { force: true });
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    answer(socket, answers).catch((error: unknown) => {
      log.error('a request of a command on this host failed', { error });
      socket.destroy();
    });
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      open.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}

/** Asks the storage object that has the catalog open. @throws RpcError `CATALOG_IN_USE` when it does not answer */
export async function askLocally(stateDir: string, request: LocalRequest): Promise<Readable> {
  const socket = connect(socketPath(stateDir));
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw storageError(
      'CATALOG_IN_USE',
      `a process has the catalog in ${stateDir} open and does not answer; stop the server of the storage object, or try again`,
      { details: { stateDir }, cause: error },
    );
  }
  socket.write(request);
  return Readable.from(receive(socket, request));
}

async function* receive(socket: Socket, request: LocalRequest): AsyncGenerator<Buffer> {
  let received = 0;
  let failure: unknown;
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      received += chunk.length;
      yield chunk;
    }
  } catch (error) {
    failure = error;
  }
  if (received === 0 || failure !== undefined) {
    const message = `the storage object did not answer to ${request}; its log says why`;
    throw storageError('CATALOG_IN_USE', message, { cause: failure });
  }
}

async function answer(socket: Socket, answers: LocalAnswers): Promise<void> {
  const [word] = (await once(socket, 'data')) as [Buffer];
  const request = word.toString('utf8');
  if (request !== 'backup' && request !== 'fsck') {
    throw new Error(`a command on this host asked for ${JSON.stringify(request)}`);
  }
  await pipeline(await answers[request](), socket);
}

function socketPath(stateDir: string): string {
  return join(stateDir, catalogDirectory, 'requests.socket');
}
