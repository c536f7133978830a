import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type AgentState, agentState } from './answers.js';

function pathIn(stateDir: string): string {
  return join(stateDir, 'status.json');
}

/** Writes what an agent does, for those who ask while it runs. @throws the operating system's error */
export function writeAgentState(stateDir: string, state: AgentState): void {
  const path = pathIn(stateDir);
  const aside = `${path}.new`;
  writeFileSync(aside, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  renameSync(aside, path);
}

/** Returns what the agent that runs has written; undefined where none runs. */
export function readAgentState(stateDir: string): AgentState | undefined {
  try {
    const { data } = agentState.safeParse(JSON.parse(readFileSync(pathIn(stateDir), 'utf8')));
    return data !== undefined && isAgent(data.pid) ? data : undefined;
  } catch {
    return undefined; // none has ever run, or this user may not look
  }
}

/** Reports whether a process is an agent, and not another that has got its number. */
function isAgent(pid: number): boolean {
  try {
    return readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').includes('patchbay-host');
  } catch {
    return false;
  }
}
