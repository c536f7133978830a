import { displayWidth, padToWidth } from '@patchbay/terminal';

const indent = '  ';
const gap = 2;
/** Terms wider than this have their explanation on the next line, so that one long term does not push all aside. */
const widestTerm = 34;
const narrowestText = 20;

/** Breaks a text into lines of at most `width` columns, between words; a longer word stands on a line alone. */
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

/** Wraps a text with every line after the first indented. */
export function wrapHanging(text: string, width: number, hang: number): string {
  const [first = '', ...rest] = wrap(text, width);
  const others = wrap(rest.join(' '), Math.max(narrowestText, width - hang));
  return [first, ...others.map((line) => ' '.repeat(hang) + line)].join('\n');
}

/** Writes terms and what they mean as two columns, the meanings aligned and wrapped to the width. */
export function termList(
  terms: readonly (readonly [term: string, meaning: string])[],
  width: number,
): string {
  const widths = terms.map(([term]) => displayWidth(term)).filter((each) => each <= widestTerm);
  const termWidth = Math.max(0, ...widths);
  const margin = indent.length + termWidth + gap;
  const textWidth = Math.max(narrowestText, width - margin);
  const lines = terms.flatMap(([term, meaning]) => {
    const [first = '', ...rest] = wrap(meaning, textWidth);
    const further = rest.map((line) => ' '.repeat(margin) + line);
    return displayWidth(term) > termWidth
      ? [indent + term, ' '.repeat(margin) + first, ...further]
      : [indent + padToWidth(term, termWidth + gap) + first, ...further];
  });
  return lines.map((line) => line.trimEnd()).join('\n');
}
