import { z } from 'zod';

import { callLogSettings } from '@patchbay/calls';
import {
  addressSetting,
  insecureSetting,
  keepaliveSettings,
  limitSettings,
  listenSetting,
  logSettings,
  tlsSettings,
} from '@patchbay/daemon';
import { type Listen, nameServerObject, parseAddress, parseServerAddress } from '@patchbay/objects';
import { durationSchema, objectName } from '@patchbay/objects/define';

import { defaultSessionLimits } from '../server-options.js';

const objects = z
  .array(
    z.strictObject({
      name: objectName
        .refine((name) => name !== nameServerObject, `"${nameServerObject}" is the name server's own name`)
        .describe('the name under which the object is registered'),
      module: z.string().min(1).describe('a path relative to this file, or an installed package'),
      shared: z
        .boolean()
        .default(false)
        .describe('whether other servers may register the name too; all of them must share it'),
      maxConcurrent: z
        .int()
        .min(1)
        .optional()
        .describe("how many of its calls may run at once; takes precedence over the object's own limit"),
      options: z
        .record(z.string(), z.unknown())
        .default({})
        .describe('passed to the module, which checks them'),
    }),
  )
  .min(1)
  .superRefine((entries, context) => {
    const seen = new Set<string>();
    entries.forEach(({ name }, index) => {
      if (seen.has(name)) {
        context.addIssue({ code: 'custom', path: [index, 'name'], message: `"${name}" is listed twice` });
      }
      seen.add(name);
    });
  });

/** The schema of an RPC server's configuration file; docs/reference/configuration.md is checked against it. */
export const rpcServerConfiguration = z.strictObject({
  nameServer: addressSetting(parseServerAddress)
    .optional()
    .describe('the name server, if it is not found otherwise'),
  listen: listenSetting
    .optional()
    .describe('where to listen: an address, or a list of addresses; port 0 takes a free one'),
  advertise: addressSetting(parseAddress)
    .refine((text) => !text.endsWith(':0'), 'clients cannot connect to port 0')
    .optional()
    .describe('the address to which clients connect, if it is not the one listened on'),
  replace: z
    .boolean()
    .default(false)
    .describe('whether to take the names from their present servers at the start'),
  insecure: insecureSetting,
  tls: tlsSettings.optional(),
  stateDir: z
    .string()
    .min(1)
    .describe('the directory for the identity of this server and the state of its objects'),
  lease: durationSchema()
    .min(1_000)
    .max(3_600_000)
    .default(10_000)
    .describe('how long the names stay registered after this server dies'),
  drain: durationSchema().default(10_000).describe('how long a shutdown waits for calls in flight'),
  close: durationSchema().default(10_000).describe('how long a shutdown waits for each object to close'),
  sendStacks: z
    .boolean()
    .default(false)
    .describe('whether errors carry stack traces of this server to the caller'),
  logCalls: z
    .enum(['none', 'failed', 'all'])
    .default('none')
    .describe('which calls are logged, at the level info'),
  calls: callLogSettings.prefault({}).describe('the log of calls, which `rpcclient calls` reads'),
  limits: limitSettings(defaultSessionLimits).prefault({}).describe('limits on sessions, calls and messages'),
  keepalive: keepaliveSettings(defaultSessionLimits.keepalive)
    .prefault({})
    .describe('when a client that is silent counts as lost'),
  log: logSettings.prefault({}).describe('what is logged, and where'),
  objects: objects.describe('the objects to host'),
});
export type RpcServerConfiguration = Omit<z.infer<typeof rpcServerConfiguration>, 'listen'> & {
  readonly listen: Listen;
};
