import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { memoryCgroupRoot } from '#program/adapters/cgroupFiles.ts'
import { waitUntil } from '../cluster/process/wait.ts'

const TOP = join(memoryCgroupRoot('/sys/fs/cgroup'), `oomkeeper-adjust-${process.pid}`)

/** Once every container is removed. */
export function removeFakeKubepods(): void {
  for (const path of ['kubepods/burstable', 'kubepods', '']) rmdirSync(join(TOP, path))
}

/** A cgroup shaped like a container's, with real processes, and for each the mount by which its name is known. */
export class FakeContainer {
  readonly id = randomBytes(32).toString('hex')
  readonly podUid: string
  readonly name: string
  readonly folder: string
  readonly #kubelet = join(tmpdir(), `oomkeeper-kubelet-${this.id.slice(0, 12)}`)
  readonly #termination: string
  readonly #children: ChildProcess[] = []

  constructor({ podUid = randomUUID(), name = 'app' }: { podUid?: string; name?: string } = {}) {
    this.podUid = podUid
    this.name = name
    this.folder = join(TOP, 'kubepods/burstable', `pod${podUid}`, this.id)
    this.#termination = join(this.#kubelet, 'pods', podUid, 'containers', name, '0a1b2c3d')
    mkdirSync(dirname(this.#termination), { recursive: true })
    writeFileSync(this.#termination, '')
    mkdirSync(this.folder, { recursive: true })
  }

  /** @returns its pid, once it is in the cgroup. */
  async run(): Promise<number> {
    const join = `echo $$ > ${this.folder}/cgroup.procs`
    const mounted = `mount --bind ${this.#termination} ${this.#termination} && exec sleep 600`
    const script = `${join} && exec unshare --mount --propagation private sh -c '${mounted}'`
    const child = spawn('sh', ['-c', script], { stdio: 'ignore' })
    this.#children.push(child)
    const pid = child.pid ?? -1
    const probe = () => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sleep') || undefined
    await waitUntil('a process in the container', probe, { deadlineMs: 5_000, everyMs: 10 })
    return pid
  }

  async remove(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await waitUntil('the cgroup to be empty', () => (rmdirSync(this.folder), true), { deadlineMs: 5_000, everyMs: 20 })
    const pod = dirname(this.folder)
    if (!readdirSync(pod, { withFileTypes: true }).some((entry) => entry.isDirectory())) rmdirSync(pod)
    rmSync(this.#kubelet, { recursive: true, force: true })
  }
}

export const scoreOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))
