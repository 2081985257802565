/** Between a socket that pushes and a reader that takes everything that has come. */
export class MessageQueue<T> {
  #items: T[] = []
  #ended = false
  #error: unknown
  #wake: () => void = () => {}

  push(item: T): void {
    this.#items.push(item)
    this.#wake()
  }

  end(error?: unknown): void {
    this.#ended = true
    this.#error = error
    this.#wake()
  }

  /**
   * Everything that has come, at least one; empty only at the end.
   * @throws what the queue ended with, after its last item was taken.
   */
  async take(): Promise<T[]> {
    while (this.#items.length === 0 && !this.#ended) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
    if (this.#items.length === 0 && this.#error !== undefined) throw this.#error
    return this.#items.splice(0)
  }
}
