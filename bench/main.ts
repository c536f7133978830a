import { benchCalls } from './call.js';
import { benchProvisions } from './provision.js';

// npm run bench [calls] [provisions]; without a word, everything.
const words = process.argv.slice(2);
const wants = (name: string): boolean => words.length === 0 || words.includes(name);
if (wants('calls')) {
  await benchCalls();
}
if (wants('provisions')) {
  await benchProvisions();
}
