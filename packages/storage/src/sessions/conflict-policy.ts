import { z } from 'zod';

/**
 * What is done when a second machine logs in to a node's disk:
 * - `report`: both sessions stay, and an alert is raised
 * - `keep`: the machine that was there first keeps the disk; sessions of others are ended
 * - `replace`: the machine that came last gets the disk; earlier sessions are ended, also when they come back
 */
export const conflictPolicy = z.enum(['report', 'keep', 'replace']);
export type ConflictPolicy = z.infer<typeof conflictPolicy>;
