import type { E2eWorld } from './e2eWorld.ts'

/** One part of the whole, in which kills are made and checked; the last count is of all of them together. */
export interface Chapter {
  name: string
  /** What is done, for people. */
  title: string
  /** Part of the short form, too. */
  isShort: boolean
  /** @throws Error when anything is not as it must be */
  run: (world: E2eWorld) => Promise<void>
}
