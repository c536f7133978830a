// Writes the tables of reasons into docs/reference/errors.md anew, from the built modules that define them. Each
// table stands below a comment that names its module: <!-- packages/core/src/errors/core-errors.ts -->
import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';

const page = 'docs/reference/errors.md';

async function tableOf(module) {
  const exported = Object.values(
    await import(`../${module.replace('/src/', '/dist/src/').replace(/ts$/, 'js')}`),
  );
  const reasons = Object.entries(Object.assign({}, ...exported.map(({ table }) => table ?? {})));
  const rows = reasons.map(([reason, [code, meaning]]) => `| \`${reason}\` | \`${code}\` | ${meaning} |`);
  return ['| Reason | Code | Means |', '|---|---|---|', ...rows].join('\n');
}

let text = readFileSync(page, 'utf8');
for (const [whole, comment, module] of text.matchAll(/(<!-- (packages\/\S+\.ts) -->)\n+(?:\|.*\n)*/g)) {
  text = text.replace(whole, `${comment}\n\n${await tableOf(module)}\n`);
}
writeFileSync(page, await format(text, { parser: 'markdown', printWidth: 110 }));
