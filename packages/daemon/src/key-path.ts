/** The path of a value in a configuration: keys and indexes, outermost first. */
export type KeyPath = readonly (string | number)[];

/** Formats a path: `objects[0].name`. */
export function keyText(path: KeyPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}
