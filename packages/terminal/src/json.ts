/** Formats a value as one line of JSON, for programs; bytes become base64. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key, member: unknown) {
    // Not `member`, which is what a Buffer's toJSON returned.
    const original = this[key];
    return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : member;
  });
}
