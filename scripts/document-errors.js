// Writes the tables of reasons into docs/reference/errors.md anew, from the built modules that define them. Each
// table stands below a comment that names its module: <!-- packages/objects/src/errors/core-errors.ts -->. A module that
// has none yet gets a section at the end.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';

const page = 'docs/reference/errors.md';

function modulesOf(name) {
  const folder = `packages/${name}/src`;
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`)
    .filter((file) => /=\s*defineErrors\(/.test(readFileSync(file, 'utf8')));
}

async function tableOf(module) {
  const built = module.replace('/src/', '/dist/src/').replace(/ts$/, 'js');
  const exported = Object.values(await import(`../${built}`));
  const reasons = Object.entries(Object.assign({}, ...exported.map(({ table }) => table ?? {})));
  const rows = reasons.map(([reason, [code, meaning]]) => `| \`${reason}\` | \`${code}\` | ${meaning} |`);
  return ['| Reason | Code | Means |', '|---|---|---|', ...rows].join('\n');
}

let text = readFileSync(page, 'utf8');
for (const name of readdirSync('packages')) {
  for (const module of modulesOf(name)) {
    const comment = `<!-- ${module} -->`;
    if (!text.includes(comment)) {
      text += `\n## Reasons of ${name}\n\n${comment}\n`;
    }
  }
}
for (const [section, comment, module] of text.matchAll(/(<!-- (packages\/\S+\.ts) -->)\n+(?:\|.*\n)*/g)) {
  const table = existsSync(module) ? `${comment}\n\n${await tableOf(module)}\n` : '';
  text = text.replace(section, () => `${table}\n`);
}
writeFileSync(page, await format(text, { parser: 'markdown', printWidth: 110 }));
