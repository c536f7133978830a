import { displayWidth, padToWidth } from './terminal.js';

const indent = '  ';
const gap = 2;
/** The meaning of a wider term begins on the next line, so that one long term does not push all others aside. */
const maxTermWidth = 34;
const minTextWidth = 20;
/** Longer lines are hard to read, however wide the terminal is. */
const maxTextWidth = 100;

/** Returns the width at which text for people is wrapped, in columns; `columns` is 0 or undefined if unknown. */
export function textWidth({ columns = 0 }: { readonly columns?: number | undefined }): number {
  return Math.min(columns > 0 ? columns : 80, maxTextWidth);
}

/** Wraps a text between words to lines of at most `width` columns; a longer word gets a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((each) => each !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** Wraps a text, indenting every line after the first by `hang` columns. */
export function wrapHanging(text: string, width: number, hang: number): string {
  const [first = '', ...rest] = wrap(text, width);
  const others = wrap(rest.join(' '), Math.max(minTextWidth, width - hang));
  return [first, ...others.map((line) => ' '.repeat(hang) + line)].join('\n');
}

/** Returns terms and their meanings in two columns, the meanings aligned and wrapped to `width` columns. */
export function termList(
  terms: readonly (readonly [term: string, meaning: string])[],
  width: number,
): string {
  const widths = terms.map(([term]) => displayWidth(term)).filter((each) => each <= maxTermWidth);
  const termWidth = Math.max(0, ...widths);
  const margin = indent.length + termWidth + gap;
  const meaningWidth = Math.max(minTextWidth, width - margin);
  const lines = terms.flatMap(([term, meaning]) => {
    const [first = '', ...rest] = wrap(meaning, meaningWidth);
    const further = rest.map((line) => ' '.repeat(margin) + line);
    return displayWidth(term) > termWidth
      ? [indent + term, ' '.repeat(margin) + first, ...further]
      : [indent + padToWidth(term, termWidth + gap) + first, ...further];
  });
  return lines.map((line) => line.trimEnd()).join('\n');
}
