import { number32, number32At, standardFrameBytes } from './frame.js';

/** What a peer may say of how it wants to be talked to; what it leaves out stays as it is. */
export interface PeerSettings {
  /** How many bytes a stream may carry before the peer gives it more room. */
  readonly initialWindow?: number;
  readonly maxFrameBytes?: number;
}

/** The numbers of the settings that have a meaning here. RFC 9113, section 6.5.2. */
const ids = { headerTableSize: 1, enablePush: 2, initialWindow: 4, maxFrameBytes: 5 } as const;
const settingBytes = 6;

/** Writes our settings: no room for a table of headers, which we would have to keep, and no pushing. */
export function settingsPayload({ initialWindow }: { readonly initialWindow: number }): Buffer {
  const settings = [
    [ids.headerTableSize, 0],
    [ids.enablePush, 0],
    [ids.initialWindow, initialWindow],
  ] as const;
  return Buffer.concat(settings.map(([id, value]) => Buffer.concat([Buffer.of(0, id), number32(value)])));
}

/** Reads the peer's settings. */
export function readSettings(payload: Buffer): PeerSettings {
  const settings: { initialWindow?: number; maxFrameBytes?: number } = {};
  for (let at = 0; at + settingBytes <= payload.length; at += settingBytes) {
    const id = payload.readUInt16BE(at);
    if (id === ids.initialWindow) {
      settings.initialWindow = number32At(payload, at + 2);
    } else if (id === ids.maxFrameBytes) {
      settings.maxFrameBytes = Math.max(number32At(payload, at + 2), standardFrameBytes);
    }
  }
  return settings;
}
