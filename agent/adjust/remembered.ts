import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '#program/errors.ts'

/** What containers had before, by their ids: what is written there depends on it, so it is on disk first. */
export class Remembered<T> {
  readonly #save: (all: Readonly<Record<string, T>>) => void
  #all: Readonly<Record<string, T>>
  #trouble: string | undefined

  /** @param save on disk when it returns; where it throws, what was there before stands */
  constructor(all: Readonly<Record<string, T>>, save: (all: Readonly<Record<string, T>>) => void) {
    this.#all = all
    this.#save = save
  }

  /** As it is on disk. */
  get all(): Readonly<Record<string, T>> {
    return this.#all
  }

  /** Why what was to be remembered last is not; undefined where it is. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** Brings it to the disk, where it is another than before. */
  remember(next: Readonly<Record<string, T>>): void {
    this.#trouble = undefined
    if (isSame(next, this.#all)) return
    try {
      this.#save(next)
      this.#all = { ...next }
    } catch (error) {
      this.#trouble = messageOf(error)
    }
  }

  /** Whether this is what is remembered of a container. */
  has(containerId: string, one: T | undefined): boolean {
    return isDeepStrictEqual(this.#all[containerId], one)
  }
}

/** Most entries are the same object as before. */
function isSame<T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>): boolean {
  const ids = Object.keys(a)
  return ids.length === Object.keys(b).length && ids.every((id) => a[id] === b[id] || isDeepStrictEqual(a[id], b[id]))
}
