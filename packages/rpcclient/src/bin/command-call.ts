import type { Settings } from '../command/settings.js';

/** A call as a command line asks for it. */
export interface CommandCall extends Pick<
  Settings,
  'timeoutMs' | 'metadata' | 'asksFirst' | 'mayBeJob' | 'format' | 'outputFile' | 'watchMs'
> {
  readonly object: string;
  readonly method: string;
  readonly args: readonly string[];
}
