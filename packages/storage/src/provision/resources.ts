const kinds = ['image', 'node', 'disk'] as const;

/** What operations exclude each other on: an image, a node with its disk and its snapshots, a disk without a node. */
type ResourceKind = (typeof kinds)[number];

/** The name of a resource, such as `node:node7`. */
export type Resource = `${ResourceKind}:${string}`;

export function imageResource(image: string): Resource {
  return `image:${image}`;
}

export function nodeResource(node: string): Resource {
  return `node:${node}`;
}

export function diskResource(diskId: string): Resource {
  return `disk:${diskId}`;
}

export function splitResource(resource: Resource): readonly [kind: ResourceKind, name: string] {
  const kind = kinds.find((each) => resource.startsWith(`${each}:`)) ?? 'disk';
  return [kind, resource.slice(kind.length + 1)];
}

/** Names the targets of a daemon, where a report must name all of them. */
export function targetsOf(daemon: number): string {
  return daemon === 0 ? 'targets' : `targets:${String(daemon)}`;
}
