import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'
import { join } from 'node:path'
import { identifyProcess } from '../cluster/process/identity.ts'
import { readUptimeSeconds } from '../support/steadyPods.ts'

const LOOK_MS = 0.5
const TICKS_PER_SECOND = 100
/** Before the kubelet, the runtime and the agent, which raises itself too: what does not run sees nothing. */
const PRIORITY = -19
const NEVER = new Int32Array(new SharedArrayBuffer(4))

export interface ScoredStart {
  /** From the exec of its program to its score; negative where it had the score before. */
  sinceExecMs: number
  /** From the start of the runtime's process, which becomes the container's, to that exec; to 10 ms exactly. */
  runtimeMs: number
  /** False where it was first seen when its own program ran: then the exec was before. */
  isExecSeen: boolean
}

interface Seen {
  exe: string
  execAtMs: number
  isExecSeen: boolean
  scoredAtMs: number | undefined
}

/**
 * Looks at all processes of a pod, twice a millisecond and without letting go of the thread, until the one of that name has
 * the score: from before it is the container's, while the runtime has its pid and makes the container around it.
 * @param pod the pod's cgroup folder
 */
export function observeStart(pod: string, name: string, score: number, deadlineMs: number): ScoredStart {
  const before = getPriority()
  setPriority(PRIORITY)
  try {
    return observe(pod, name, score, deadlineMs)
  } finally {
    setPriority(before)
  }
}

function observe(pod: string, name: string, score: number, deadlineMs: number): ScoredStart {
  const seen = new Map<number, Seen>()
  const deadline = performance.now() + deadlineMs
  while (performance.now() < deadline) {
    for (const pid of listPids(pod)) {
      const nowMs = performance.now()
      const exe = readOr(() => readlinkSync(`/proc/${pid}/exe`))
      const one = seen.get(pid) ?? { exe, execAtMs: nowMs, isExecSeen: false, scoredAtMs: undefined }
      if (one.exe !== exe) Object.assign(one, { exe, execAtMs: nowMs, isExecSeen: true })
      const hasScore = Number(readOr(() => readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8'))) === score
      one.scoredAtMs = hasScore ? (one.scoredAtMs ?? nowMs) : undefined
      seen.set(pid, one)
      if (!hasScore || readOr(() => readFileSync(`/proc/${pid}/comm`, 'utf8')).trimEnd() !== name) continue
      const startedMs = (identifyProcess(pid).startTicks / TICKS_PER_SECOND) * 1_000
      const toUptimeMs = readUptimeSeconds() * 1_000 - performance.now()
      return {
        sinceExecMs: (one.scoredAtMs ?? nowMs) - one.execAtMs,
        runtimeMs: one.execAtMs + toUptimeMs - startedMs,
        isExecSeen: one.isExecSeen,
      }
    }
    Atomics.wait(NEVER, 0, 0, LOOK_MS)
  }
  throw new Error(`expected ${name} to have the score ${score} within ${deadlineMs} ms, got none`)
}

function listPids(pod: string): number[] {
  try {
    const containers = readdirSync(pod, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    return containers.flatMap(({ name }) =>
      readOr(() => readFileSync(join(pod, name, 'cgroup.procs'), 'utf8'))
        .split('\n')
        .filter(Boolean)
        .map(Number),
    )
  } catch {
    return []
  }
}

/** What is gone is nothing. */
function readOr(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
