/** The options of the storage object that wrote the fixtures: with tokens, and nodes on several target daemons. */
export const storageOptions = { targetsPerDaemon: 8, boot: { listen: '127.0.0.1:0', token: true } };

/** What a storage object shows of all that it keeps, each list by its name. */
export type Contents = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** Asks for everything, through a function that calls a method and returns its result. */
export async function contentsOf(
  call: (method: string, ...args: readonly string[]) => Promise<unknown>,
): Promise<Contents> {
  const rows = async (method: string, ...args: readonly string[]): Promise<Contents[string]> =>
    (await call(method, ...args)) as Contents[string];
  const images = await rows('list_all_images');
  const nodes = await rows('list_nodes');
  const served = nodes.filter(({ state }) => state === 'ready');
  return {
    images: await each(images, async ({ name }) => call('show_image', String(name))),
    nodes,
    credentials: await each(served, async ({ node }) => call('show_credentials', String(node))),
    disks: await rows('list_disks'),
    trash: await rows('list_trash'),
    snapshots: await rows('list_snapshots'),
    schedules: await rows('list_schedules'),
    history: await rows('history', 'web1'),
  };
}

async function each(
  rows: Contents[string],
  show: (row: Contents[string][number]) => Promise<unknown>,
): Promise<Contents[string]> {
  const shown: Contents[string][number][] = [];
  for (const row of rows) {
    shown.push((await show(row)) as Contents[string][number]);
  }
  return shown;
}
