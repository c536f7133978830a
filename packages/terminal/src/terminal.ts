const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Control characters (C0, DEL, C1), line and paragraph separators, bidirectional marks, and lone surrogates. */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Escapes what could move the cursor, break the line or reorder the text (`\n`, `\u001b`), so that a value of unknown
 * origin cannot control the terminal that it is printed on.
 */
export function escapeControls(text: string): string {
  return text.replace(
    unsafe,
    (each) => shortEscapes[each] ?? `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Escapes the same in a text of several lines, except line breaks and tabs. */
export function escapeLines(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(unsafe, (each) => (each === '\n' || each === '\t' ? each : escapeControls(each)));
}

const zeroWidth = /^[\p{Mark}\p{Cf}]$/u;
/** The blocks of East Asian scripts, full-width forms, and emoji. */
const doubleWidth =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

/** Counts the columns that a text without control characters takes on a terminal. */
export function displayWidth(text: string): number {
  // eslint-disable-next-line no-control-regex -- ASCII, one column per character, is the common case
  if (/^[\x00-\x7f]*$/.test(text)) {
    return text.length;
  }
  let width = 0;
  for (const character of text) {
    width += zeroWidth.test(character) ? 0 : doubleWidth.test(character) ? 2 : 1;
  }
  return width;
}

/** Pads a text with spaces to a width: on the right, or on the left if `side` is `right`. */
export function padToWidth(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return side === 'left' ? text + spaces : spaces + text;
}
