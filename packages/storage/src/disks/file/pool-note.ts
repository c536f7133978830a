import { createHash } from 'node:crypto';

/** Returns what a file of the pool holds of a note: its text, without spaces, and a checksum. */
export function sealNote(text: string): string {
  return `${text} ${noteSum(text)}\n`;
}

/** Returns the text of a note; undefined if it is damaged. Notes of earlier versions have no checksum. */
export function openNote(content: string): string | undefined {
  const [text = '', sum, ...more] = content.trim().split(' ');
  return text !== '' && more.length === 0 && (sum === undefined || sum === noteSum(text)) ? text : undefined;
}

/** Returns the checksum of a note's text: a hash, shortened, as it is against accidents only. */
export function noteSum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
