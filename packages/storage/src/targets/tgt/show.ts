import { storageError } from '../../errors.js';
import { type TargetConnection } from '../target-host.js';

/** Reads what `--mode conn --op show --tid T` prints. */
export function parseConnections(text: string): readonly Pick<TargetConnection, 'sid' | 'cid'>[] {
  let sid = NaN;
  return [...text.matchAll(/^(Session| {4}Connection): (\d+)$/gm)].flatMap(([, what, number]) => {
    if (what === 'Session') {
      sid = Number(number);
      return [];
    }
    return [{ sid, cid: Number(number) }];
  });
}

/** Reads what `--mode portal --op show` prints: `host:port` each, without the portal group's number. */
export function parsePortals(text: string): readonly string[] {
  return [...text.matchAll(/^Portal: (.*),\d+$/gm)].map((match) => match[1] ?? '');
}

/** Reads what `--mode account --op show` prints. */
export function parseAccounts(text: string): readonly string[] {
  return [...text.matchAll(/^ {4}(\S.*)$/gm)].map((match) => match[1] ?? '');
}

/** Reads the state of the whole daemon, such as `ready` or `offline`, from what `--mode system --op show` prints. */
export function parseSystemState(text: string): string {
  const match = /^System:\n\s+State: (\S+)/.exec(text);
  if (match === null) {
    throw unreadable('the system has no state');
  }
  return match[1] ?? '';
}

/** Makes the error for text that is not of the form in which tgt 1.0.85 prints it. */
export function unreadable(what: string): Error {
  return storageError('TARGET_TOOL_FAILED', `cannot read what tgtd shows: ${what}; is this another version?`);
}
