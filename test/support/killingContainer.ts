import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { CgroupFiles, memoryCgroupRoot } from '#program/adapters/cgroupFiles.ts'
import { readOomKills } from '../../agent/cgroup/oomKills.ts'
import { waitUntil } from '../cluster/process/wait.ts'

const FILES = new CgroupFiles('/sys/fs/cgroup')
const ROOT = memoryCgroupRoot('/sys/fs/cgroup')
const LIMIT = existsSync(join(ROOT, 'memory.limit_in_bytes')) ? 'memory.limit_in_bytes' : 'memory.max'
/** What the kernel kills: it takes memory as fast as it can. */
const EATER = 'exec tail /dev/zero'

/** A cgroup shaped like a container's, with a limit of its own, in which the kernel kills. */
export class KillingContainer {
  readonly path: string
  readonly #folders: readonly string[]

  /**
   * @param top a folder of the test's own, made and removed with its containers
   * @param identity of the pod and its container; nobody's, if not given
   */
  constructor(top: string, limitMib: number, { uid, containerId } = nobody()) {
    const parents = [top, `${top}/kubepods`, `${top}/kubepods/burstable`, `${top}/kubepods/burstable/pod${uid}`]
    this.path = `${parents.at(-1)}/${containerId}`
    this.#folders = [...parents, this.path].map((path) => join(ROOT, path))
    for (const [at, folder] of this.#folders.entries()) {
      mkdirSync(folder, { recursive: true })
      const isParent = at < this.#folders.length - 1
      if (isParent && LIMIT === 'memory.max') writeFileSync(join(folder, 'cgroup.subtree_control'), '+memory')
    }
    writeFileSync(join(ROOT, this.path, LIMIT), String(limitMib * 1024 * 1024))
  }

  /** From now on none dies alone; cgroup v2 only. */
  killWhole(): void {
    writeFileSync(join(ROOT, this.path, 'memory.oom.group'), '1')
  }

  /** One process of its own after the other, as by a supervisor inside, until each is killed. @returns their pids. */
  async killInside(times: number, pauseSeconds: number): Promise<number[]> {
    const once = `sh -c 'echo $$; ${EATER}'; sleep ${pauseSeconds}; i=$((i + 1))`
    return this.#run(`i=0; while [ $i -lt ${times} ]; do ${once}; done`)
  }

  /** One process whose parent is outside, as the first of a container is. @returns its pid. */
  async killFromOutside(): Promise<number> {
    const [pid = -1] = await this.#run(`echo $$; ${EATER}`)
    return pid
  }

  /** Runs a shell's script in there, in a session of its own, as a runtime does: the scheduler is fair between sessions. */
  start(script: string): ChildProcess {
    const joined = `echo $$ > ${join(ROOT, this.path, 'cgroup.procs')}; ${script}`
    return spawn('sh', ['-c', joined], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
  }

  /** How many of its processes the kernel has killed. */
  kills(): number {
    return readOomKills(FILES, this.path) ?? 0
  }

  /** Ends all that is in there. */
  async empty(): Promise<void> {
    const probe = () => {
      const pids = (FILES.readText(`${this.path}/cgroup.procs`) ?? '').split('\n').filter(Boolean).map(Number)
      for (const pid of pids) endIfThere(pid)
      return pids.length === 0 || undefined
    }
    await waitUntil('the cgroup to be empty', probe, { deadlineMs: 10_000, everyMs: 20 })
  }

  async #run(script: string): Promise<number[]> {
    const child = this.start(script)
    let said = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text))
    await once(child, 'close')
    return said.trim().split('\n').map(Number)
  }

  /** With those of the folders above that are empty then. */
  remove(): void {
    for (const folder of this.#folders.toReversed()) {
      try {
        rmdirSync(folder)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EBUSY') return
        throw error
      }
    }
  }
}

function nobody(): { uid: string; containerId: string } {
  return { uid: randomUUID(), containerId: randomBytes(32).toString('hex') }
}

export const ownTop = (name: string): string => `/oomkeeper-${name}-${process.pid}`

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
