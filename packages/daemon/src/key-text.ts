import { type KeyPath } from './yaml-file.js';

/** Writes a path as people do: `objects[0].name`. */
export function keyText(path: KeyPath): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${String(step)}]` : `.${step}`))
    .join('')
    .replace(/^\./, '');
}
