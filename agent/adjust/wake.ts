/** Ends a wait before its time. */
export class Wake {
  #controller = new AbortController()

  call(): void {
    this.#controller.abort()
  }

  /** What the next call aborts: taken before the work, it tells of what happened during it too. */
  arm(): AbortSignal {
    this.#controller = new AbortController()
    return this.#controller.signal
  }
}
