/** What one check of `rpcclient doctor` found. */
export interface Finding {
  /** What was checked: `dial`, `certificate`, `clock`, ... */
  readonly check: string;
  /** Of what: the address of a name server, `NAME at ADDRESS (HOST)`, a file. */
  readonly of: string;
  readonly ok: boolean;
  readonly seen: string;
  /** What to do about what is wrong. */
  readonly todo?: string;
}

/** Makes the findings of checks of one subject. */
export class Subject {
  readonly findings: Finding[] = [];
  readonly #of: string;

  /** @param of what is checked */
  constructor(of: string) {
    this.#of = of;
  }

  ok(check: string, seen: string): void {
    this.findings.push({ check, of: this.#of, ok: true, seen });
  }

  failed(check: string, seen: string, todo: string): void {
    this.findings.push({ check, of: this.#of, ok: false, seen, todo });
  }
}
