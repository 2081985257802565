/** Beyond this many, those that nobody has asked for since are forgotten: they stay right, only no longer shared. */
const MAX_TEXTS = 20_000

/** Gives equal texts the same string, so that a thousand pods of a node do not hold a thousand copies of its name. */
export class SharedText {
  #young = new Map<string, string>()
  #old = new Map<string, string>()

  /** How many texts are held, at most twice the limit: those asked for lately may stand in both. */
  get size(): number {
    return this.#young.size + this.#old.size
  }

  has(text: string): boolean {
    return this.#young.has(text) || this.#old.has(text)
  }

  of(text: string): string {
    const known = this.#young.get(text) ?? this.#old.get(text)
    const shared = known ?? text
    if (!this.#young.has(shared)) this.#young.set(shared, shared)
    if (this.#young.size >= MAX_TEXTS) {
      this.#old = this.#young
      this.#young = new Map()
    }
    return shared
  }
}
