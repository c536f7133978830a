/**
 * What the caller of a method must be: `open` anybody, `member` anybody but `anonymous` or whoever has a role, `view` a
 * viewer, `operate` an operator, `administer` an admin. Each level includes those before it.
 */
export const accessLevels = ['open', 'member', 'view', 'operate', 'administer'] as const;

/** What the caller of a method must be. */
export type Access = (typeof accessLevels)[number];

/** The level of methods that declare none. */
export const methodAccess: Access = 'operate';

/** The level of properties that declare none: reading one has no effect. */
export const propertyAccess: Access = 'view';

/** Reports whether a value is a level. */
export function isAccess(value: unknown): value is Access {
  return (accessLevels as readonly unknown[]).includes(value);
}
