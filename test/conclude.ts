// Prints the conclusion of all runs of tests: conclude.js FILE CHECK..., the file with what came of each run, which the
// reporter wrote, and the checks beside them that failed.
import { readFileSync } from 'node:fs';

import { conclusion, type Tally } from './conclusion.js';

const [file = '', ...failedChecks] = process.argv.slice(2);
const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
const tallies = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Tally);
process.stdout.write(conclusion(tallies, failedChecks));
