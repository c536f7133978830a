import { resolve } from 'node:path';

import { z } from 'zod';

const file = z.string().min(1, 'must be the path of a file');

/** The schema of the files of a PKI of one's own. */
export const tlsSettings = z.strictObject({
  certificate: file.describe(
    'the certificate of a PKI of your own, with those between it and its root, in PEM',
  ),
  key: file.describe('its private key, in PEM'),
  roots: file.describe('the certificates of the roots that are trusted, in PEM'),
});
type TlsSettings = z.infer<typeof tlsSettings>;

/** The options of commands for the files of a PKI of one's own. */
export const tlsOptions = {
  'tls-cert': {
    type: 'string',
    placeholder: 'FILE',
    summary: 'The certificate of a PKI of your own, in PEM',
  },
  'tls-key': { type: 'string', placeholder: 'FILE', summary: "The certificate's private key, in PEM" },
  'tls-roots': { type: 'string', placeholder: 'FILE', summary: 'The roots that are trusted, in PEM' },
} as const;

/** Returns these options as flags of a configuration, which count from the present directory. */
export function tlsFlags(
  args: Readonly<Partial<Record<keyof typeof tlsOptions, string | undefined>>>,
): Readonly<Record<string, string | undefined>> {
  const absolute = (path: string | undefined): string | undefined => path && resolve(path);
  return {
    'tls.certificate': absolute(args['tls-cert']),
    'tls.key': absolute(args['tls-key']),
    'tls.roots': absolute(args['tls-roots']),
  };
}

/** Returns the files of a configuration by absolute paths. @param baseDir to which relative ones refer */
export function tlsFiles(tls: TlsSettings | undefined, baseDir = '.'): TlsSettings | undefined {
  return (
    tls && {
      certificate: resolve(baseDir, tls.certificate),
      key: resolve(baseDir, tls.key),
      roots: resolve(baseDir, tls.roots),
    }
  );
}
