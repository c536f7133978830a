import { encodedHello } from '../protocol/encoded-hello.js';
import { type Frame, noAuth } from '../protocol/frame.js';
import { itemWindow } from './client-call.js';
import type { Destination } from './destination.js';
import { type ClientHello, helloFrame, proofFrame } from './hello.js';
import type { SessionProver } from './session-prover.js';
import type { MessageStream } from './transport.js';

type Hello = Frame & { kind: 'hello' };

/** Opens a session: sends the client's Hello, and with a key proves who sends it, before the first call. */
export class SessionOpening {
  readonly #hello: Hello;
  readonly #prover: SessionProver | undefined;
  readonly #to: Destination;
  readonly #stream: MessageStream;
  readonly #send: (frame: Frame) => void;
  #check: ((serverProof: Uint8Array) => void) | undefined;

  constructor(hello: ClientHello, to: Destination, stream: MessageStream, send: (frame: Frame) => void) {
    this.#hello = helloFrame(hello, itemWindow);
    this.#prover = hello.prover;
    this.#to = to;
    this.#stream = stream;
    this.#send = send;
    send(this.#hello);
  }

  /** Takes a Hello of the server, and reports whether the session is open. @throws RpcError as the prover */
  take({ auth = noAuth }: Hello): boolean {
    if (this.#prover === undefined) {
      return true;
    }
    if (this.#check !== undefined) {
      this.#check(auth.proof);
      return true;
    }
    const { server, challenge, encoded = challenge } = auth;
    const { proof, check } = this.#prover.prove({
      ...{ server, challenge, serverHello: encoded },
      expected: this.#to.principal,
      ownChallenge: this.#hello.auth?.challenge ?? challenge,
      clientHello: encodedHello(this.#hello),
      binding: this.#stream.channelBinding?.(),
    });
    this.#check = check;
    this.#send(proofFrame(proof));
    return false;
  }
}
