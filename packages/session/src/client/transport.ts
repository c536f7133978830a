import { type ObjectDescription } from '@patchbay/objects';

import { type MessageStream } from '../protocol/message-stream.js';

/** What a stream tells. `onEnd` comes once and last. */
export interface MessageStreamEvents {
  readonly onMessage: (message: Buffer) => void;
  /**
   * @param why one clause on why the stream is over, for the caller's error message
   * @param exhaustedReason the reason of the server's `RESOURCE_EXHAUSTED`, where that is why
   */
  readonly onEnd: (why: string, exhaustedReason?: string) => void;
}

/** What brings a client to its servers. */
export interface Transport {
  /** Begins a stream for a session. @throws RpcError `CONNECTION_LOST` where the address is none */
  dial(address: string, events: MessageStreamEvents): MessageStream;
  /** Asks a server what one of its objects can do. @throws RpcError */
  describe(address: string, object: string): Promise<ObjectDescription>;
}
