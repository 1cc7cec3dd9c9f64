/** Full jitter: each wait is random below a ceiling that doubles, so that clients cut off together come back spread out. */
export class Backoff {
  #attempt = 0;

  constructor(
    private readonly first: number,
    private readonly longest: number,
    private readonly random: () => number,
  ) {}

  /** Milliseconds to wait now. */
  next(): number {
    const ceiling = Math.min(this.longest, this.first * 2 ** this.#attempt);
    this.#attempt += 1;
    return this.random() * ceiling;
  }

  reset(): void {
    this.#attempt = 0;
  }
}
