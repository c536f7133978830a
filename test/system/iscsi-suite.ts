import { output, run } from './command.js';
import { iscsiUrl, type NodeDisk } from './initiator.js';

/** The results of libiscsi's test suite on a disk; tests are named `FAMILY.TEST`. */
export interface SuiteResult {
  readonly ran: readonly string[];
  readonly failed: readonly string[];
  /** Tests that were skipped, because the disk does not support the command, or a second path to it is needed. */
  readonly skipped: readonly string[];
}

/** Lists the families of the suite's tests. */
export async function iscsiFamilies(): Promise<readonly string[]> {
  const names = (await output(['iscsi-test-cu', '--list'])).split('\n');
  return names.filter((name) => /^ALL\.[^.]+$/.test(name));
}

/** Lists all of the suite's tests. */
export async function iscsiTests(): Promise<readonly string[]> {
  const names = (await output(['iscsi-test-cu', '--list'])).split('\n');
  return names.filter((name) => /^ALL\.[^.]+\.[^.]+$/.test(name)).map((name) => name.slice('ALL.'.length));
}

/**
 * Runs families of libiscsi's suite on a disk, including destructive tests. Each runs alone, so that leftovers of one
 * do not fail another. Tests of two initiators use one name for both, since no other is admitted.
 */
export async function runIscsiSuite(disk: NodeDisk, families: readonly string[]): Promise<SuiteResult> {
  const all: { ran: string[]; failed: string[]; skipped: string[] } = { ran: [], failed: [], skipped: [] };
  const { initiator } = disk;
  const words = ['iscsi-test-cu', '--dataloss', '--verbose'];
  words.push('--initiator-name', initiator, '--initiator-name-2', initiator);
  for (const family of families) {
    const outcome = await run([...words, '--test', family, iscsiUrl(disk)], { timeoutMs: 30_000 });
    if (!outcome.stdout.includes('Run Summary:')) {
      throw new Error(`the family ${family} did not finish: ${outcome.stdout}${outcome.stderr}`);
    }
    const { ran, failed, skipped } = readResult(outcome.stdout);
    all.ran.push(...ran);
    all.failed.push(...failed);
    all.skipped.push(...skipped);
  }
  return all;
}

function readResult(text: string): SuiteResult {
  const result = { ran: [] as string[], failed: [] as string[], skipped: [] as string[] };
  let family = '';
  for (const block of text.split(/^(?=Suite: | {2}Test: )/m)) {
    family = /^Suite: (\S+)/.exec(block)?.[1] ?? family;
    const test = /^ {2}Test: (\S+) /.exec(block)?.[1];
    if (test === undefined) {
      continue;
    }
    const name = `${family}.${test}`;
    result.ran.push(name);
    // The verdict follows the dots, or is on a separate line after the output of the test.
    if (/^FAILED|\.\.\.FAILED/m.test(block)) {
      result.failed.push(name);
    }
    if (block.includes('[SKIPPED]')) {
      result.skipped.push(name);
    }
  }
  return result;
}
