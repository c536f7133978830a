import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { arch, cpus, platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

import type { Section } from '../section.js';
import { headlineTable } from './headlines.js';
import { plot } from './plot.js';
import { barsTable, figuresTable } from './table.js';

/** What newest.json holds: the newest sections of each part, and when and on what machine they were measured. */
type Results = Readonly<
  Record<
    string,
    { readonly measured: string; readonly machine: string; readonly sections: readonly Section[] }
  >
>;

const root = new URL('../../../', import.meta.url);
const marks = { begin: '<!-- newest figures -->', end: '<!-- end of the newest figures -->' };

/** Prints a part's sections, writes them into bench/results/newest.*, and updates the figures of the README. */
export async function publish(part: string, sections: readonly Section[]): Promise<void> {
  if (sections.length === 0) {
    return;
  }
  process.stdout.write(`${sections.map(figuresTable).join('\n\n')}\n\n${barsTable(sections)}\n`);
  const results: Results = {
    ...(await earlier()),
    [part]: { measured: new Date().toISOString().slice(0, 10), machine: machine(), sections },
  };
  const all = Object.values(results).flatMap((each) => each.sections);
  await mkdir(new URL('bench/results/', root), { recursive: true });
  await writeFile(new URL('bench/results/newest.svg', root), plot(all.filter(({ plotted }) => plotted)));
  await writeFormatted('bench/results/newest.json', JSON.stringify(results));
  await writeFormatted('bench/results/newest.md', page(results));
  await showInReadme(all);
}

async function earlier(): Promise<Results> {
  try {
    return JSON.parse(await readFile(new URL('bench/results/newest.json', root), 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return {};
    }
    throw error;
  }
}

function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model ?? 'unknown processor';
  return `${String(processors.length)} x ${model}, ${platform()} ${arch()}, Node ${process.versions.node}`;
}

function page(results: Results): string {
  const parts = Object.entries(results).map(
    ([part, { measured, machine: where, sections }]) =>
      `## ${part}\n\nMeasured ${measured} on ${where}.\n\n${sections.map(figuresTable).join('\n\n')}\n\n${barsTable(sections)}`,
  );
  return `# The newest figures\n\nWritten by \`npm run bench\`.\n\n![Plot](newest.svg)\n\n${parts.join('\n\n')}\n`;
}

async function showInReadme(sections: readonly Section[]): Promise<void> {
  const readme = await readFile(new URL('README.md', root), 'utf8');
  const from = readme.indexOf(marks.begin);
  const to = readme.indexOf(marks.end);
  if (from === -1 || to < from) {
    throw new Error(`README.md lacks the marks ${marks.begin} and ${marks.end}`);
  }
  const shown = `${marks.begin}\n\n${headlineTable(sections)}\n\n`;
  await writeFormatted('README.md', readme.slice(0, from) + shown + readme.slice(to));
}

async function writeFormatted(path: string, text: string): Promise<void> {
  const file = new URL(path, root);
  const filepath = fileURLToPath(file);
  await writeFile(file, await format(text, { ...(await resolveConfig(filepath)), filepath }));
}
