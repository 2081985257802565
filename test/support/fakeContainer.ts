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
  /** None, where it is a pod's sandbox: no mount names it. */
  readonly #hasMount: boolean
  readonly #kubelet = join(tmpdir(), `oomkeeper-kubelet-${this.id.slice(0, 12)}`)
  readonly #termination: string
  readonly #children: ChildProcess[] = []

  constructor({
    podUid = randomUUID(),
    name = 'app',
    isSandbox = false,
  }: { podUid?: string; name?: string; isSandbox?: boolean } = {}) {
    this.podUid = podUid
    this.name = name
    this.#hasMount = !isSandbox
    this.folder = join(TOP, 'kubepods/burstable', `pod${podUid}`, this.id)
    this.#termination = join(this.#kubelet, 'pods', podUid, 'containers', name, '0a1b2c3d')
    mkdirSync(dirname(this.#termination), { recursive: true })
    writeFileSync(this.#termination, '')
    mkdirSync(this.folder, { recursive: true })
  }

  /** @param uid whose process it is @returns its pid, once it is in the cgroup. */
  async run(uid = 0): Promise<number> {
    const asUser = uid === 0 ? '' : `setpriv --reuid=${uid} --regid=${uid} --clear-groups `
    const pid = this.#spawn(`exec ${asUser}sleep 600`, 'ignore').pid ?? -1
    const probe = () => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('sleep') || undefined
    await waitUntil('a process in the container', probe, { deadlineMs: 5_000, everyMs: 10 })
    return pid
  }

  /** The same, told as soon as it is: its pid, and when its own program was about to begin, in ms since the epoch. */
  async runTimed(): Promise<{ pid: number; startedMs: number }> {
    const child = this.#spawn('echo $EPOCHREALTIME; exec sleep 600', 'pipe')
    let line = ''
    for await (const text of child.stdout?.setEncoding('utf8') ?? []) {
      line += text as string
      if (line.includes('\n')) break
    }
    return { pid: child.pid ?? -1, startedMs: Number(line) * 1_000 }
  }

  #spawn(program: string, stdout: 'ignore' | 'pipe'): ChildProcess {
    const join = `echo $$ > ${this.folder}/cgroup.procs`
    const mounted = `mount --bind ${this.#termination} ${this.#termination} && ${program}`
    const script = this.#hasMount
      ? `${join} && exec unshare --mount --propagation private bash -c '${mounted}'`
      : `${join} && ${program}`
    const child = spawn('sh', ['-c', script], { stdio: ['ignore', stdout, 'ignore'] })
    this.#children.push(child)
    return child
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
