/** A gate that many may wait at. It is closed at first. */
export class Gate {
  #isOpen = false;
  #waiting: (() => void)[] = [];

  open(): void {
    this.#isOpen = true;
    this.#waiting.forEach((pass) => {
      pass();
    });
    this.#waiting = [];
  }

  close(): void {
    this.#isOpen = false;
  }

  /** Fulfils when the gate is open. */
  passed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isOpen) {
        resolve();
      } else {
        this.#waiting.push(resolve);
      }
    });
  }
}
