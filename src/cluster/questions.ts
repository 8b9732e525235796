/** What was asked of a worker and is not answered yet: its answers come in the order of the questions. */
export class Questions<T> {
  readonly #waiting: ((answer: T) => void)[] = [];

  /** One more question; resolves with its answer, and perhaps never. */
  add(): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#waiting.push(resolve);
    return promise;
  }

  /** An answer has come. */
  answer(answer: T): void {
    this.#waiting.shift()?.(answer);
  }
}
