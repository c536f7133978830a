/** A way to echo a text over loopback, measured against the others. */
export interface Transport {
  readonly name: string;
  /** Starts the server and gives its port. */
  serve(): Promise<number>;
  /** Connects, and gives a function that sends a text and waits for its echo. */
  connect(port: number): Promise<(text: string) => Promise<unknown>>;
}
