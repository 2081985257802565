import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const SIZE = '2m'
const CHUNK = Buffer.alloc(4096)

/** A disk of the agent's own that can be full: a small tmpfs in the place of its state folder. */
export class SmallDisk {
  readonly #folder: string
  readonly #ballast: string

  constructor(folder: string) {
    this.#folder = folder
    this.#ballast = join(folder, 'ballast')
    mkdirSync(folder, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', folder])
  }

  /** Until not one page more fits. */
  fill(): void {
    const file = openSync(this.#ballast, 'a')
    try {
      for (;;) writeSync(file, CHUNK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true })
  }

  remove(): void {
    execFileSync('umount', [this.#folder])
  }
}
