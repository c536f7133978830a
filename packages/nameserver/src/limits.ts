import { defaultSessionLimits, type SessionLimits } from '@patchbay/grpc/server';

/**
 * What a name server accepts of its clients by default: requests that are larger than any of its own methods needs cost
 * them nothing to send.
 */
export const nameServerLimits: SessionLimits = {
  ...defaultSessionLimits,
  maxFrameBytes: 1024 * 1024,
  maxJsonBytes: 1024 * 1024,
  maxValues: 20_000,
  maxBufferedBytes: 64 * 1024 * 1024,
};
