/** Time after a failure until a folder is opened again: a full disk may have room then. */
const RETRY_MS = 30_000;

/** Access to a folder that may fail for a while, for example because the disk is full. */
export class FolderAccess {
  readonly #open: () => Promise<void>;
  readonly #report: (error: unknown) => void;
  #isOpen = false;
  /** Time from which the folder may be opened, by `performance.now()`. */
  #opensAt = 0;
  #isReported = false;

  /**
   * @param open opens the folder
   * @param report called at a failure, once until a use succeeds
   */
  constructor(open: () => Promise<void>, report: (error: unknown) => void) {
    this.#open = open;
    this.#report = report;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Opens the folder for the first time, or again some time after a failure. Returns true if it is open. */
  async ready(): Promise<boolean> {
    if (this.#isOpen || performance.now() < this.#opensAt) return this.#isOpen;
    this.#opensAt = Infinity;
    try {
      await this.#open();
      this.#isOpen = true;
    } catch (error) {
      this.fail(error);
    }
    return this.#isOpen;
  }

  succeed(): void {
    this.#isReported = false;
  }

  fail(error: unknown): void {
    this.#isOpen = false;
    this.#opensAt = performance.now() + RETRY_MS;
    if (!this.#isReported) this.#report(error);
    this.#isReported = true;
  }

  /** Closes it for good. */
  close(): void {
    this.#isOpen = false;
    this.#opensAt = Infinity;
  }
}
