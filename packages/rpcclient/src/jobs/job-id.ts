/** Crockford's digits, without those that are taken for others. */
const digits = '0123456789abcdefghjkmnpqrstvwxyz';

/** Makes the id of a job or a run: 16 characters that nobody guesses or meets again. */
export function makeJobId(): string {
  // The global one: node:crypto would take time to load.
  return Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) => digits[byte % 32]).join(
    '',
  );
}
