/** Makes an id by which logs tell clients apart. It is no secret: node:crypto would only take time to load. */
export function randomClientId(): string {
  return Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}
