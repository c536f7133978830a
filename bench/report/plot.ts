import type { Section } from '../section.js';

const panelWidth = 460;
const nameWidth = 210;
const rowHeight = 18;
const headHeight = 44;
const gap = 24;
const colours = { ours: '#1f6feb', other: '#9aa4b2', text: '#1f2328' };

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly { readonly name: string; readonly value: number }[];
}

/** Draws a panel of horizontal bars for each column of each section, two panels in a row, as SVG. */
export function plot(sections: readonly Section[]): string {
  const panels = sections.flatMap(panelsOf);
  const heights = rowsOfTwo(panels).map((row) => Math.max(...row.map(heightOf)) + gap);
  const drawn = rowsOfTwo(panels).flatMap((row, index) => {
    const top = gap + heights.slice(0, index).reduce((sum, height) => sum + height, 0);
    return row.map((panel, column) => draw(panel, gap + column * (panelWidth + gap), top));
  });
  const width = 2 * panelWidth + 3 * gap;
  const height = gap + heights.reduce((sum, each) => sum + each, 0);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" font-family="sans-serif" font-size="12">`,
    `<rect width="${String(width)}" height="${String(height)}" fill="#ffffff"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function panelsOf({ title, unit, columns, rows }: Section): Panel[] {
  return columns.map((column, index) => ({
    title: `${column}, ${unit}`,
    unit: title,
    bars: rows.flatMap(({ name, values }) => {
      const value = values[index] ?? null;
      return value === null ? [] : [{ name, value }];
    }),
  }));
}

function rowsOfTwo(panels: readonly Panel[]): Panel[][] {
  return Array.from({ length: Math.ceil(panels.length / 2) }, (_, row) => panels.slice(2 * row, 2 * row + 2));
}

function heightOf({ bars }: Panel): number {
  return headHeight + bars.length * rowHeight;
}

function draw({ title, unit, bars }: Panel, left: number, top: number): string {
  const largest = Math.max(...bars.map(({ value }) => value));
  const room = panelWidth - nameWidth - 70;
  const lines = bars.map(({ name, value }, index) => {
    const y = headHeight + index * rowHeight;
    const width = Math.max(1, (value / largest) * room).toFixed(1);
    const colour = name.startsWith('Patchbay') ? colours.ours : colours.other;
    const number = value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
    return [
      text(nameWidth - 8, y + 12, name, 'text-anchor="end"'),
      `<rect x="${String(nameWidth)}" y="${String(y)}" width="${width}" height="${String(rowHeight - 4)}" fill="${colour}"/>`,
      text(nameWidth + Number(width) + 6, y + 12, number),
    ].join('\n');
  });
  return [
    `<g transform="translate(${String(left)} ${String(top)})">`,
    text(0, 14, title, 'font-weight="bold" font-size="14"'),
    text(0, 31, unit, 'fill-opacity="0.7"'),
    ...lines,
    '</g>',
  ].join('\n');
}

function text(x: number, y: number, content: string, more = ''): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${String(y)}" fill="${colours.text}" ${more}>${escaped}</text>`;
}
