/** What an enrolment token carries. */
export interface EnrolmentToken {
  /** Identifies the token in lists: it is no secret. */
  readonly id: string;
  /** 32 random bytes in base64url. */
  readonly secret: string;
  /** By which the name server's root is known before anything is sent: see `pinOf`. */
  readonly pin: string;
}

/** The longest text that is read as a token. */
export const maxTokenLength = 128;

const token = /^pb1\.([0-9a-f]{12})\.([\w-]{43})\.([\w-]{43})$/;

/** Returns a token as text: `pb1.ID.SECRET.PIN`. */
export function formatToken({ id, secret, pin }: EnrolmentToken): string {
  return `pb1.${id}.${secret}.${pin}`;
}

/** Reads a token, between white space; undefined where the text is none. */
export function parseToken(text: string): EnrolmentToken | undefined {
  if (text.length > maxTokenLength) {
    return undefined;
  }
  const [, id, secret, pin] = token.exec(text.trim()) ?? [];
  return id === undefined || secret === undefined || pin === undefined ? undefined : { id, secret, pin };
}
