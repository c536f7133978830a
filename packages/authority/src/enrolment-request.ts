/** What whoever enrols sends. */
export interface EnrolmentRequest {
  readonly kind: 'host' | 'user';
  readonly publicKey: string;
  readonly challenge: string;
  /** In base64. */
  readonly signature: string;
  readonly name?: string | undefined;
  readonly token?: string | undefined;
  readonly sealingKey?: string | undefined;
  /** Names that it may register: only from this machine. */
  readonly names?: readonly string[] | undefined;
}

/** What whoever renews sends. */
export interface RenewalRequest {
  readonly kind: 'host' | 'user';
  readonly name: string;
  readonly publicKey: string;
  readonly challenge: string;
  /** In base64. */
  readonly signature: string;
}
