import type { Assignment } from '../worker-protocol.js';

/** What an attempt writes: kept until it ends, and shown by `jobs.output`. */
export interface AttemptOutput {
  /** Appends to one of the streams; resolves when more may be written. */
  write(stream: 'out' | 'err', bytes: Uint8Array): Promise<void>;
  /** Ends it: what was written is handed over, or will be. */
  end(): Promise<void>;
}

/** Opens the output of an attempt that begins. @throws the operating system's error */
export type OpenOutput = (assignment: Assignment) => Promise<AttemptOutput>;
