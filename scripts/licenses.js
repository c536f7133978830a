import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ofPackage = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/** Returns the licences of the packages that sources are from, which must be redistributed with their code. */
export function licensesOf(sources) {
  const folders = new Set(sources.map((source) => ofPackage.exec(source)?.[0]).filter(Boolean));
  const texts = [...folders].map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version}: ${license}\n\n${file ? readFileSync(join(folder, file), 'utf8') : authorText(author)}`;
  });
  return `${[...new Set(texts)].sort().join('\n\n')}\n`;
}

/** Returns the author of a package without a licence text. */
function authorText(author) {
  return `Copyright ${typeof author === 'string' ? author : author.name}`;
}
