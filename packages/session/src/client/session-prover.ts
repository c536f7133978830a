/** What a client has seen of the beginning of a session. */
export interface SessionSeen {
  /** The principal that must answer, or `nameserver`; undefined: any server. */
  readonly expected: string | undefined;
  /** The server's name, as it says; empty for one that takes no keys. */
  readonly server: string;
  readonly challenge: Uint8Array;
  /** The client's own. */
  readonly ownChallenge: Uint8Array;
  readonly clientHello: Uint8Array;
  readonly serverHello: Uint8Array;
  /** The value of the TLS exporter; undefined without TLS. */
  readonly binding: Uint8Array | undefined;
}

/** Proves to servers who opens a session, and has them prove who they are. */
export interface SessionProver {
  /** The id of the API key. */
  readonly key: string;
  /** Draws the challenge of a session, 32 random bytes. */
  challenge(): Uint8Array;
  /** Returns the proof of a session, and what checks the server's. @throws RpcError where the server is not the expected one */
  prove(session: SessionSeen): {
    readonly proof: Uint8Array;
    /** @throws RpcError where the server's proof is wrong */
    readonly check: (serverProof: Uint8Array) => void;
  };
}
