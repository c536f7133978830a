// Removes from every dist/ what was compiled from a source that is no longer there: the compiler leaves it, and a
// deleted test would go on running.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const projects = JSON.parse(readFileSync('tsconfig.json', 'utf8')).references.map(({ path }) => path);
for (const project of projects) {
  const dist = join(project, 'dist');
  const outputs = existsSync(dist) ? readdirSync(dist, { recursive: true }) : [];
  for (const output of outputs) {
    const name = /^(?<name>.*?)(?:\.d\.ts|\.js)(?:\.map)?$/.exec(output)?.groups.name;
    if (name !== undefined && !existsSync(join(project, `${name}.ts`))) {
      rmSync(join(dist, output));
    }
  }
}
