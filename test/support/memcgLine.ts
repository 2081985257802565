import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitUntil } from '../cluster/process/wait.ts'

const V1 = '/sys/fs/cgroup/memory'
const MIB = Buffer.alloc(1024 * 1024)

/** A cgroup of our own with processes that hold so much memory each, until its limit is hit and the kernel takes one after the other. */
export class MemcgLine {
  readonly path: string
  readonly #folder: string
  readonly #processes = new Set<ChildProcess>()

  constructor(name: string, limitMib: number) {
    const isV1 = existsSync(join(V1, 'memory.limit_in_bytes'))
    this.path = `/${name}`
    this.#folder = join(isV1 ? V1 : '/sys/fs/cgroup', name)
    mkdirSync(this.#folder)
    const bytes = String(limitMib * 1024 * 1024)
    writeFileSync(join(this.#folder, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), bytes)
    // What could be swapped would not be killed for.
    const swap = join(this.#folder, isV1 ? 'memory.memsw.limit_in_bytes' : 'memory.swap.max')
    if (existsSync(swap)) writeFileSync(swap, isV1 ? bytes : '0')
  }

  /** Starts a process that holds this much, with this score. `tail` keeps a line until it ends, and this one does not. */
  async hold(mib: number, oomScoreAdj: number): Promise<ChildProcess> {
    const child = this.#start(`echo ${oomScoreAdj} > /proc/$$/oom_score_adj && exec tail`)
    for (let at = 0; at < mib; at++) await feed(child)
    await waitUntil(
      `a process of ${mib} MiB`,
      () => (commandOf(child) === 'tail' && anonKibOf(child) >= mib * 1024) || undefined,
      { deadlineMs: 10_000, everyMs: 20 },
    )
    return child
  }

  /**
   * Fills the rest with what belongs to no process, so that nobody's points change, until these are gone: a file in memory.
   */
  async fillUntilGone(processes: readonly ChildProcess[]): Promise<void> {
    const file = `/dev/shm/${this.path.slice(1)}`
    const writer = this.#start(`exec dd of=${file} bs=64k`)
    try {
      while (processes.some((child) => child.exitCode === null && child.signalCode === null)) {
        if (writer.signalCode !== null) throw new Error('expected the others to die first, but the writer did')
        await feed(writer)
        // The kernel's kills come to us as events.
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    } finally {
      rmSync(file, { force: true })
    }
  }

  #start(script: string): ChildProcess {
    const stdio = ['pipe', 'ignore', 'ignore'] as const
    const child = spawn('sh', ['-c', `echo $$ > ${this.#folder}/cgroup.procs && ${script}`], { stdio: [...stdio] })
    this.#processes.add(child)
    // Killed while it is fed.
    child.stdin?.on('error', () => undefined)
    return child
  }

  async remove(): Promise<void> {
    for (const child of this.#processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    }
    rmdirSync(this.#folder)
  }
}

/** @returns when it is taken, or nobody is there to take it. */
function feed({ stdin }: ChildProcess): Promise<void> {
  return new Promise((resolve) => stdin?.write(MIB, () => resolve()))
}

function commandOf({ pid }: ChildProcess): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
}

function anonKibOf({ pid }: ChildProcess): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
