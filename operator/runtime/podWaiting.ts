import type { KillEvent } from '#contract/killEvent.ts'
import { nodeReasonOf, type ResolveContext } from './resolveTarget.ts'

export interface PodWaitingPorts {
  now: () => Date
  findPod: ResolveContext['findPod']
  /** Rejects when the program ends. */
  sleep: (ms: number) => Promise<void>
}

/** A watch may lag behind a kill by this much; longer, and the pod is called unknown. */
const POD_WAIT_MS = 3_000
const POD_POLL_MS = 50
/** A kill older than this was in the stream for long: the watch has caught up, or the pod is gone. */
const FRESH_KILL_MS = 60_000
const MAX_AWAITED = 1_000

/** A kill, and when the stream took it, by the stream's clock: that of a node may be an hour behind. */
export interface ArrivedKill {
  event: KillEvent
  storedAtMs?: number | undefined
}

/** A watch may lag: waits, bounded, for the pods and containers of fresh kills, once for each. */
export class PodWaiting {
  readonly #ports: PodWaitingPorts
  /** Pods and containers that were waited for in vain. */
  readonly #awaited = new Set<string>()

  constructor(ports: PodWaitingPorts) {
    this.#ports = ports
  }

  async untilKnown(kills: readonly ArrivedKill[]): Promise<void> {
    const { now, findPod, sleep } = this.#ports
    const startMs = now().getTime()
    const isMissing = ({ node, attribution: { podUid = '', containerId } }: KillEvent): boolean => {
      const pod = findPod(podUid, node)
      // One that is bound to no node yet was seen before it was started: it says nothing of a kill.
      if (pod === undefined || pod.node === '') return true
      return containerId !== undefined && !pod.containers.some(({ id }) => id === containerId)
    }
    const isFresh = ({ event, storedAtMs = 0 }: ArrivedKill): boolean =>
      startMs - Math.max(Date.parse(event.killedAt), storedAtMs) < FRESH_KILL_MS
    let missing = kills
      .filter(isFresh)
      .map(({ event }) => event)
      .filter((event) => nodeReasonOf(event) === undefined && !this.#awaited.has(awaitedKey(event)) && isMissing(event))
    while (missing.length > 0 && now().getTime() - startMs < POD_WAIT_MS) {
      await sleep(POD_POLL_MS)
      missing = missing.filter(isMissing)
    }
    for (const event of missing) this.#awaited.add(awaitedKey(event))
    if (this.#awaited.size > MAX_AWAITED) this.#awaited.clear()
  }
}

function awaitedKey({ node, attribution: { podUid = '', containerId = '' } }: KillEvent): string {
  return `${node}/${podUid}/${containerId}`
}
