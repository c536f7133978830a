import { type Bar, isMet, type Section } from '../section.js';

/** Formats a section's figures as a Markdown table under its title. */
export function figuresTable(section: Section): string {
  const rows = section.rows.map(({ name, values }) => [name, ...values.map(figureText)]);
  return `**${section.title}** (${section.unit})\n\n${markdown(['', ...section.columns], rows)}`;
}

/** Formats the figures of sections that have a bar, met or missed, and those without, as one Markdown table. */
export function barsTable(sections: readonly Section[]): string {
  const rows = sections.flatMap(({ title, bars }) =>
    bars.map((bar) => [
      title,
      bar.figure,
      figureText(bar.value),
      bar.limit === null ? '' : `${bar.is} ${figureText(bar.limit)}`,
      verdict(bar),
    ]),
  );
  return markdown(['measured', 'figure', 'is', 'bar', ''], rows);
}

function verdict(bar: Bar): string {
  if (bar.limit === null) {
    return '';
  }
  const met = isMet(bar);
  return met === undefined ? 'not measured' : met ? 'met' : 'MISSED';
}

/** Formats a number with three significant digits and thousands separators. */
export function figureText(value: number | null): string {
  if (value === null || Number.isNaN(value)) {
    return '–';
  }
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(value, 0.01))));
  return value.toLocaleString('en-US', { minimumFractionDigits: 0, maximumFractionDigits: digits });
}

/** Formats rows of cells as a Markdown table. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join(
    '\n',
  );
}
