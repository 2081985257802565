import { watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'

/**
 * Tells when a cgroup is made or removed in the folders it is given, by inotify: a container's reaches it in 0.1 to
 * 0.4 ms. Where it cannot watch, sweeps find what it would have told.
 */
export class CgroupWatch {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #onChange: () => void
  #changed = new Set<string>()
  readonly #logger: Logger
  #said = false

  constructor(onChange: () => void, logger: Logger) {
    this.#onChange = onChange
    this.#logger = logger
  }

  /** Watches these folders and no others. A new one is told as a change: something may have come to be before. */
  watch(folders: readonly string[]): void {
    const wanted = new Set(folders)
    for (const folder of this.#watchers.keys()) if (!wanted.has(folder)) this.#forget(folder)
    this.watchAlso(folders)
  }

  watchAlso(folders: readonly string[]): void {
    for (const folder of folders) if (!this.#watchers.has(folder)) this.#start(folder)
  }

  isWatched(folder: string): boolean {
    return this.#watchers.has(folder)
  }

  /** The folders that have come to be, or gone, since this was last asked. */
  takeChanged(): ReadonlySet<string> {
    const changed = this.#changed
    this.#changed = new Set()
    return changed
  }

  close(): void {
    this.watch([])
  }

  #start(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false })
      // 'change' is a write to one of its files (memory.events on v2, many a second): nothing of ours.
      watcher.on('change', (event, name) => {
        if (event === 'rename') this.#note(typeof name === 'string' ? join(folder, name) : folder)
      })
      watcher.on('error', (error) => this.#failed(folder, error))
      this.#watchers.set(folder, watcher)
      this.#note(folder)
    } catch (error) {
      this.#failed(folder, error)
    }
  }

  #note(folder: string): void {
    this.#changed.add(folder)
    this.#onChange()
  }

  /** Said once: what matters is that they are not watched (fs.inotify.max_user_watches), not which. */
  #failed(folder: string, error: unknown): void {
    this.#forget(folder)
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || this.#said) return
    this.#said = true
    this.#logger.warn(`expected to watch ${folder} by inotify, got: ${messageOf(error)}; sweeps find new containers`)
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }
}
