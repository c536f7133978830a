// Puts the workspaces' commands into node_modules/.bin. `npm ci` leaves them out, because it runs before the build
// has made the files that they point to.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join, relative } from 'node:path';

const folder = join('node_modules', '.bin');

function linkIs(link, target) {
  try {
    return readlinkSync(link) === target;
  } catch {
    return false;
  }
}

mkdirSync(folder, { recursive: true });
for (const name of readdirSync('packages')) {
  const { bin = {} } = JSON.parse(readFileSync(join('packages', name, 'package.json'), 'utf8'));
  for (const [command, file] of Object.entries(bin)) {
    const built = join('packages', name, file);
    if (!existsSync(built)) {
      continue;
    }
    chmodSync(built, 0o755);
    const link = join(folder, command);
    const target = relative(folder, built);
    if (!linkIs(link, target)) {
      rmSync(link, { force: true });
      symlinkSync(target, link);
    }
  }
}
