import type { Grant } from './caller.js';
import type { PolicyGrant } from './policy-document.js';

/** How many arrays of roles are kept, some of which nobody has any more. */
const maxKept = 10_000;

/** Arrays of roles that callers with the same grants share, by which decisions are kept. */
export class SharedRoles {
  /** By what they grant. */
  readonly #roles = new Map<string, readonly Grant[]>();

  /** Returns the array of these roles that all callers with them share, also after a change that left them alone. */
  of(grants: readonly PolicyGrant[]): readonly Grant[] {
    const roles = grants.flatMap(({ role, objects, methods }) =>
      role === 'delegate' ? [] : [{ role, objects, methods }],
    );
    const key = JSON.stringify(roles);
    const shared = this.#roles.get(key);
    if (shared !== undefined) {
      return shared;
    }
    if (this.#roles.size >= maxKept) {
      this.#roles.clear();
    }
    this.#roles.set(key, roles);
    return roles;
  }
}
