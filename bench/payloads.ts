/** What is echoed. */
export type Payload = string | Readonly<Record<string, string | number | boolean>>;

/** The payloads of the measured calls, by the names of their columns. */
export const payloads = {
  'short string': 'hello, node7',
  '1 KiB': text(1024),
  '64 KiB': text(64 * 1024),
  '20 keys': {
    name: 'node7',
    image: 'ubuntu',
    initiator: 'iqn.2026-11.org.example:node7',
    target: 'iqn.2026-11.org.example:disk.0000000000000007',
    portal: '192.0.2.10:3260',
    created: '2026-11-20T15:04:05.000Z',
    updated: '2026-11-20T16:05:06.000Z',
    state: 'ready',
    pool: 'fast',
    owner: 'operations',
    sizeBytes: 42_949_672_960,
    usedBytes: 1_234_567_890,
    targetId: 17,
    lun: 1,
    sessions: 2,
    load: 0.25,
    temperature: 41.5,
    online: true,
    readOnly: false,
    thin: true,
  },
} as const satisfies Record<string, Payload>;
export type PayloadName = keyof typeof payloads;
export const payloadNames = Object.keys(payloads) as PayloadName[];

function text(length: number): string {
  return 'The quick brown fox jumps over the lazy dog. '.repeat(Math.ceil(length / 45)).slice(0, length);
}
