import { coreError, quoted } from '@patchbay/objects';

/** Reads words of metadata, `KEY=VALUE` each. @throws RpcError `ARGUMENT_INVALID`, which says what to write */
export function readWords(texts: readonly string[], advice: string): ReadonlyMap<string, string> {
  const words = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(0, equals));
    if (key === '') {
      throw coreError('ARGUMENT_INVALID', `${quoted(text)}: ${advice}`);
    }
    if (words.has(key)) {
      throw coreError('ARGUMENT_INVALID', `the word ${quoted(key)} is given twice`);
    }
    words.set(key, text.slice(equals + 1));
  }
  return words;
}
