/** The transport under a session: messages in order, both ways. */
export interface MessageStream {
  /** How much room each message leaves in front, for a prefix that the stream writes. */
  readonly headroomBytes: number;
  /** Writes a message, which a tail ends where there is one. The tail is not copied, and must not be changed. */
  write(message: Buffer, tail?: Uint8Array): void;
  /** Ends the stream behind what was written: whatever is under way on it is cancelled. Resolves when that is sent. */
  end(): void | Promise<void>;
}
