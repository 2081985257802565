import type { KillEvent } from '#contract/killEvent.ts'
import { messageOf } from '#program/errors.ts'
import { MAX_LAST_KILLS } from '../api/killRecord.ts'
import { killKey } from '../reports/killRecord.ts'
import { keepTrying, type Waiting } from './keepTrying.ts'
import { planSlices } from './planSlices.ts'
import { readKill, type StoredMessage } from './readKill.ts'
import { nodeReasonOf, nodeTarget, resolveTarget, type ResolveContext, type Target } from './resolveTarget.ts'
import type { ReportKey } from './reportStore.ts'
import type { ReportWriter, WriteGroup } from './reportWriter.ts'

export interface EngineObserver {
  counted(kills: readonly Target[]): void
  rejected(message: StoredMessage, reason: string): void
}

export interface EnginePorts extends Omit<ResolveContext, 'now'> {
  now: () => Date
  waiting: Waiting
  observer: EngineObserver
  writer: ReportWriter
  /** Keeps a message that cannot be counted. @throws ProgramError with retry. */
  publishReject: (message: StoredMessage, reason: string) => Promise<void>
  /** Everything at or below this sequence is counted or rejected. @throws ProgramError with retry. */
  saveCheckpoint: (stream: string, sequence: number) => Promise<void>
  /** Between the writes of a slice and its checkpoint; the crash test ends the process there. */
  afterWrites: () => Promise<void>
}

/** The report that holds a kill, by killKey. */
export type CountedKills = ReadonlyMap<string, ReportKey>

interface ResolvedMessage {
  message: StoredMessage
  event?: KillEvent
  target: Target | { kind: 'reject'; reason: string } | { kind: 'skip' }
  key: ReportKey | undefined
}

/** A watch may lag behind a kill by this much; longer, and the pod is called unknown. */
const POD_WAIT_MS = 3_000
const POD_POLL_MS = 50
/** A kill older than this was in the stream for long: the watch has caught up, or the pod is gone. */
const FRESH_KILL_MS = 60_000
const MAX_AWAITED = 1_000
const MAX_PARALLEL = 4

/** Turns messages of the stream of kills into counts in reports, and moves the checkpoint behind them. */
export class KillEngine {
  readonly #ports: EnginePorts
  /** Pods and containers that were waited for in vain. */
  readonly #awaited = new Set<string>()

  constructor(ports: EnginePorts) {
    this.#ports = ports
  }

  /**
   * Counts a batch, or sets it aside where it cannot be counted; comes back only when that is done and the checkpoint says so.
   * @param alreadyCounted Kills above the checkpoint that a report holds, by killKey: written before a crash. They
   * count for how much a report gains between two checkpoints.
   */
  async processBatch(stream: string, batch: readonly StoredMessage[], alreadyCounted: CountedKills): Promise<void> {
    const read = batch.map((message) => ({ message, read: readKill(message) }))
    const events = read.flatMap((item) => (item.read.ok ? [item.read.event] : []))
    await this.#waitForPods(
      events.filter((event) => event.repeats === undefined && !alreadyCounted.has(killKey(event))),
    )
    const resolved: ResolvedMessage[] = []
    for (const item of read) {
      if (!item.read.ok) resolved.push(rejected(item.message, item.read.reason))
      else resolved.push(await this.#resolve(item.message, item.read.event, alreadyCounted))
    }
    for (const slice of planSlices(resolved, MAX_LAST_KILLS)) await this.#processSlice(stream, slice)
  }

  async #resolve(message: StoredMessage, event: KillEvent, alreadyCounted: CountedKills): Promise<ResolvedMessage> {
    // One victim, two lines: the first one is counted.
    if (event.repeats !== undefined) return { message, event, target: { kind: 'skip' }, key: undefined }
    const countedIn = alreadyCounted.get(killKey(event))
    if (countedIn !== undefined) return { message, event, target: { kind: 'skip' }, key: countedIn }
    const { waiting, now } = this.#ports
    try {
      const context = { ...this.#ports, now: now() }
      const target = await keepTrying('apiserver', waiting, () => resolveTarget(event, context))
      return { message, event, target, key: 'key' in target ? target.key : undefined }
    } catch (error) {
      waiting.signal.throwIfAborted()
      return rejected(message, `the operator could not read it, please report this: ${messageOf(error)}`)
    }
  }

  async #processSlice(stream: string, slice: readonly ResolvedMessage[]): Promise<void> {
    const last = slice.at(-1)
    if (last === undefined) return
    const { waiting, observer } = this.#ports
    const groups = groupByReport(slice)
    const podGroups = groups.filter(([first]) => first?.target.kind === 'OOMReport')
    // OOMReports first: what the apiserver refuses is counted with the node's own kills, in order.
    const refused = await inParallel(podGroups, MAX_PARALLEL, (group) => this.#write(stream, group))
    const forNodes = [...groups.filter(([first]) => first?.target.kind === 'NodeOOMReport'), ...refused].flat()
    forNodes.sort((a, b) => a.message.sequence - b.message.sequence)
    const chunks = groupByReport(forNodes).flatMap((group) => chunk(group, MAX_LAST_KILLS))
    const lost: ResolvedMessage[] = []
    for (const group of chunks) lost.push(...(await this.#write(stream, group)))

    for (const { message, target } of [...slice, ...lost]) {
      if (target.kind !== 'reject') continue
      await keepTrying('rejects', waiting, () => this.#ports.publishReject(message, target.reason))
      observer.rejected(message, target.reason)
    }
    if (groups.length > 0) await this.#ports.afterWrites()
    await keepTrying('checkpoint', waiting, () => this.#ports.saveCheckpoint(stream, last.message.sequence))
  }

  /** @returns what the apiserver refuses, with the next place to count it. */
  async #write(stream: string, group: readonly ResolvedMessage[]): Promise<ResolvedMessage[]> {
    const { waiting, writer, observer } = this.#ports
    const kills: WriteGroup['kills'] = group.flatMap(({ message, target }) =>
      'record' in target ? [{ streamSequence: message.sequence, target }] : [],
    )
    let refusal: { reason: 'NamespaceGone' | 'WriteRefused'; message: string }
    try {
      const result = await keepTrying('apiserver', waiting, () => writer.write({ stream, kills }))
      if (result.outcome !== 'refused') {
        observer.counted(kills.map(({ target }) => target))
        return []
      }
      refusal = result
    } catch (error) {
      waiting.signal.throwIfAborted()
      refusal = { reason: 'WriteRefused', message: `the operator could not count it: ${messageOf(error)}` }
    }
    return group.map(({ message, event, target }) => {
      if (event === undefined || target.kind !== 'OOMReport') return rejected(message, refusal.message)
      const next = nodeTarget(event, refusal.reason, { ...this.#ports, now: this.#ports.now() }, refusal.message)
      return { message, event, target: next, key: next.key }
    })
  }

  /** A watch may lag: waits, bounded, for the pods and containers of fresh kills, once for each. */
  async #waitForPods(events: readonly KillEvent[]): Promise<void> {
    const { now, findPod, waiting } = this.#ports
    const startMs = now().getTime()
    const isMissing = ({ node, attribution: { podUid = '', containerId } }: KillEvent): boolean => {
      const pod = findPod(podUid, node)
      return pod === undefined || (containerId !== undefined && !pod.containers.some(({ id }) => id === containerId))
    }
    let missing = events.filter(
      (event) =>
        nodeReasonOf(event) === undefined &&
        startMs - Date.parse(event.killedAt) < FRESH_KILL_MS &&
        !this.#awaited.has(awaitedKey(event)) &&
        isMissing(event),
    )
    while (missing.length > 0 && now().getTime() - startMs < POD_WAIT_MS) {
      await waiting.sleep(POD_POLL_MS)
      missing = missing.filter(isMissing)
    }
    for (const event of missing) this.#awaited.add(awaitedKey(event))
    if (this.#awaited.size > MAX_AWAITED) this.#awaited.clear()
  }
}

function awaitedKey({ node, attribution: { podUid = '', containerId = '' } }: KillEvent): string {
  return `${node}/${podUid}/${containerId}`
}

function rejected(message: StoredMessage, reason: string): ResolvedMessage {
  return { message, target: { kind: 'reject', reason }, key: undefined }
}

function groupByReport(items: readonly ResolvedMessage[]): ResolvedMessage[][] {
  const groups = Map.groupBy(
    items.filter(({ target }) => 'record' in target),
    ({ key }) => JSON.stringify(key),
  )
  return [...groups.values()]
}

function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
}

async function inParallel<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const queue = items.values()
  const worker = async (): Promise<void> => {
    for (const item of queue) results.push(await work(item))
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  return results
}
