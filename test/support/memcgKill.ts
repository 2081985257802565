import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const V1 = '/sys/fs/cgroup/memory'

/** A cgroup of our own outside any pod, in which processes that take too much are killed by the kernel. */
export class KillingCgroup {
  readonly path: string
  readonly #folder: string

  constructor(name: string, limitMib: number) {
    const isV1 = existsSync(join(V1, 'memory.limit_in_bytes'))
    this.path = `/${name}`
    this.#folder = join(isV1 ? V1 : '/sys/fs/cgroup', name)
    mkdirSync(this.#folder)
    writeFileSync(join(this.#folder, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), String(limitMib * 1024 * 1024))
  }

  /** Runs one process that grows until the kernel kills it. @returns its pid. */
  async kill(): Promise<number> {
    // The shell moves itself before it becomes the eater: all that the eater takes is counted here.
    const script = `echo $$ > ${this.#folder}/cgroup.procs && exec tail /dev/zero`
    const child = spawn('sh', ['-c', script], { stdio: 'ignore' })
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    if (signal !== 'SIGKILL') throw new Error(`expected the kernel to kill tail, got exit code ${code}`)
    return child.pid ?? -1
  }

  remove(): void {
    rmdirSync(this.#folder)
  }
}
