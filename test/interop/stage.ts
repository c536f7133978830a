import { serveObjects } from '../commands/desk.js';
import { NameServerProcess } from '../commands/name-server-process.js';
import { scratchDirectory } from '../commands/programs.js';
import { makeWorkshop } from './workshop.js';

/** A name server, as its command starts it, and a server whose object `workshop` is registered there. */
export interface Stage extends AsyncDisposable {
  readonly nameServer: string;
  readonly objects: string;
  /** What the workshop's methods saw of their end. */
  readonly notes: readonly string[];
}

/** Starts both. */
export async function setStage(): Promise<Stage> {
  const { definition, notes } = makeWorkshop();
  const parts: AsyncDisposable[] = [];
  const keep = <Part extends AsyncDisposable>(part: Part): Part => {
    parts.unshift(part);
    return part;
  };
  const strike = async (): Promise<void> => {
    for (const part of parts) {
      await part[Symbol.asyncDispose]();
    }
  };
  try {
    const state = keep(await scratchDirectory());
    const nameServer = keep(await NameServerProcess.start(state.path)).address;
    const objects = keep(await serveObjects(nameServer, { workshop: definition })).address;
    return { nameServer, objects, notes, [Symbol.asyncDispose]: strike };
  } catch (error) {
    await strike();
    throw error;
  }
}
