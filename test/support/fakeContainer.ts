import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { memoryCgroupRoot } from '../../agent/adapters/containerProcesses.ts'
import { waitUntil } from '../cluster/process/wait.ts'

const TOP = join(memoryCgroupRoot(), `oomkeeper-adjust-${process.pid}`)

/** Once every container is removed. */
export function removeFakeKubepods(): void {
  for (const path of ['kubepods/burstable', 'kubepods', '']) rmdirSync(join(TOP, path))
}

/** A cgroup shaped like a container's, with real processes. */
export class FakeContainer {
  readonly id = randomBytes(32).toString('hex')
  readonly folder = join(TOP, 'kubepods/burstable', `pod${randomUUID()}`, this.id)
  readonly #children: ChildProcess[] = []

  constructor() {
    mkdirSync(this.folder, { recursive: true })
  }

  /** @returns its pid, once it is in the cgroup. */
  async run(): Promise<number> {
    const child = spawn('sh', ['-c', `echo $$ > ${this.folder}/cgroup.procs && exec sleep 600`], { stdio: 'ignore' })
    this.#children.push(child)
    const pid = child.pid ?? -1
    const probe = () => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sleep') || undefined
    await waitUntil('a process in the container', probe, { deadlineMs: 5_000, everyMs: 10 })
    return pid
  }

  async remove(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await waitUntil('the cgroup to be empty', () => (rmdirSync(this.folder), true), { deadlineMs: 5_000, everyMs: 20 })
    rmdirSync(dirname(this.folder))
  }
}

export const scoreOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))
