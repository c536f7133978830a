/** Writes a value as one line of JSON, for programs; bytes become base64. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key, member: unknown) {
    // Looked at before the JSON form that a Buffer makes of itself.
    const original = this[key];
    return original instanceof Uint8Array ? Buffer.from(original).toString('base64') : member;
  });
}
