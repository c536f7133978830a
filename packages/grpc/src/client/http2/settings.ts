import { uint32, uint31At, standardFrameBytes } from './frame.js';

/** The settings of a peer that matter here; absent ones stay unchanged. */
export interface PeerSettings {
  /** How many bytes a stream may carry before the peer grants more. */
  readonly initialWindow?: number;
  readonly maxFrameBytes?: number;
}

/** The identifiers of those settings. RFC 9113, section 6.5.2. */
const ids = { headerTableSize: 1, enablePush: 2, initialWindow: 4, maxFrameBytes: 5 } as const;
const settingBytes = 6;

/** Encodes our settings: no dynamic table of headers, which we would have to keep, and no server push. */
export function settingsPayload({ initialWindow }: { readonly initialWindow: number }): Buffer {
  const settings = [
    [ids.headerTableSize, 0],
    [ids.enablePush, 0],
    [ids.initialWindow, initialWindow],
  ] as const;
  return Buffer.concat(settings.map(([id, value]) => Buffer.concat([Buffer.of(0, id), uint32(value)])));
}

export function readSettings(payload: Buffer): PeerSettings {
  const settings: { initialWindow?: number; maxFrameBytes?: number } = {};
  for (let at = 0; at + settingBytes <= payload.length; at += settingBytes) {
    const id = payload.readUInt16BE(at);
    if (id === ids.initialWindow) {
      settings.initialWindow = uint31At(payload, at + 2);
    } else if (id === ids.maxFrameBytes) {
      settings.maxFrameBytes = Math.max(uint31At(payload, at + 2), standardFrameBytes);
    }
  }
  return settings;
}
