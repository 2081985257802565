import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { KillScope, ObservedContainer } from '../adjust/target.ts'
import type { WriteOutcome } from '../adjust/writeOutcome.ts'
import { outcomeOf } from './scoreFile.ts'

const OOM_GROUP = 'memory.oom.group'

type Place = Pick<ObservedContainer, 'cgroup'>

/** memory.oom.group of containers (mm/memcontrol.c, memory_oom_group_show). */
export class KillScopeFile {
  readonly #cgroupRoot: string

  constructor(cgroupRoot: string) {
    this.#cgroupRoot = cgroupRoot
  }

  /** @returns undefined where the kernel has none, and where the cgroup is gone. */
  read({ cgroup }: Place): KillScope | undefined {
    try {
      const text = readFileSync(join(this.#cgroupRoot, cgroup, OOM_GROUP), 'utf8').trim()
      if (text === '1') return 'Container'
      return text === '0' ? 'Process' : undefined
    } catch {
      return undefined
    }
  }

  /** The cgroup is its container's own for as long as it is there: its path has the container's id. */
  write({ cgroup }: Place, scope: KillScope): WriteOutcome {
    let descriptor: number
    try {
      descriptor = openSync(join(this.#cgroupRoot, cgroup, OOM_GROUP), 'r+')
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return code === 'EROFS' || code === 'EPERM' ? { kind: 'refused' } : outcomeOf(error, OOM_GROUP)
    }
    try {
      writeSync(descriptor, scope === 'Container' ? '1' : '0', 0)
      return { kind: 'written' }
    } catch (error) {
      // kernfs: the cgroup was removed while its file was open.
      return (error as NodeJS.ErrnoException).code === 'ENODEV' ? { kind: 'gone' } : outcomeOf(error, OOM_GROUP)
    } finally {
      closeSync(descriptor)
    }
  }
}
