/** The shares and numbers of hosts that a policy gives, such as `20` or `10%`; of a share at least one host. */
export function hostsOf(share: string, hosts: number): number {
  return share.endsWith('%')
    ? Math.max(1, Math.floor((Number(share.slice(0, -1)) * hosts) / 100))
    : Number(share);
}
