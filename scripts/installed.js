// Exits 0 when node_modules holds what package-lock.json asks for, 1 when `npm ci` is needed.
import { existsSync, readFileSync } from 'node:fs';
import process from 'node:process';

const packagesIn = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {});
const wanted = packagesIn('package-lock.json');
const installed = packagesIn('node_modules/.package-lock.json');

// Optional packages are for other platforms; the rest must be here in the same version.
const complete = Object.entries(wanted).every(
  ([path, { optional, version }]) => path === '' || optional || installed[path]?.version === version,
);
process.exit(complete && existsSync('node_modules') ? 0 : 1);
