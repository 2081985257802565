import { isDeepStrictEqual } from 'node:util'

/** Objects by UID, as a watch has them; each change is told. */
export class Known<T> {
  readonly #items = new Map<string, T>()
  readonly #changed: (item: T) => void

  constructor(changed: (item: T) => void) {
    this.#changed = changed
  }

  values(): T[] {
    return [...this.#items.values()]
  }

  put(uid: string, item: T): void {
    if (isDeepStrictEqual(this.#items.get(uid), item)) return
    this.#items.set(uid, item)
    this.#changed(item)
  }

  remove(uid: string): void {
    const item = this.#items.get(uid)
    if (item === undefined) return
    this.#items.delete(uid)
    this.#changed(item)
  }

  retainOnly(uids: ReadonlySet<string>): void {
    for (const uid of this.#items.keys()) if (!uids.has(uid)) this.remove(uid)
  }
}
