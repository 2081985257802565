import { ProgramError, messageOf } from '#program/errors.ts'
import type { Watermark } from '../api/killRecord.ts'
import { countedBy } from '../reports/watermark.ts'
import { checkpointMoved } from './carryOver.ts'
import { HeldBytes, bytesOfRecord } from './heldBytes.ts'
import { keepTrying } from './keepTrying.ts'
import type { Checkpoint } from './killStream.ts'
import { readAgain, type ReadMessage } from './readAgain.ts'
import type { StoredMessage } from './readKill.ts'
import { RejectQueue, type Reject, type RejectPorts } from './rejectQueue.ts'
import { keyText, type Refusal, type ReportKey } from './reportStore.ts'
import type { ReportWriter } from './reportWriter.ts'
import { nodeTarget, type NodeTarget, type ResolveContext, type Target } from './resolveTarget.ts'
import { SettledSequence } from './settledSequence.ts'
import type { WriteBudget } from './writeBudget.ts'
import type { WritePatience } from './writePatience.ts'

export interface LedgerObserver {
  counted(kills: readonly Target[]): void
  /** The report takes nothing: its kills are counted with the node's, or set aside. */
  refused(key: ReportKey, kills: number, reason: string): void
}

export interface LedgerPorts extends RejectPorts, Pick<ResolveContext, 'explain' | 'findPod'> {
  observer: LedgerObserver & RejectPorts['observer']
  writer: ReportWriter
  budget: WriteBudget
  patience: WritePatience
  /** What the kills that are not written yet may take in memory. */
  maxWaitingBytes: number
  readMessage: ReadMessage
  /** As KillStream has it. @throws ProgramError with retry. */
  saveCheckpoint: (checkpoint: Checkpoint, revision: number) => Promise<number | undefined>
  /** Between a write and the checkpoint behind it; the crash test ends the process there. */
  afterWrites: () => Promise<void>
}

type StreamPlace = Pick<StoredMessage, 'sequence' | 'storedAtMs'>

export interface KillToWrite {
  message: StreamPlace
  target: Target
}

/** What waits to be written: what its report will have of it. The message, ten times as much, is in the stream all the while. */
interface WaitingKill {
  sequence: number
  target: Target
  /** A reject is only told in its node's report. */
  isReject: boolean
}

/** Where a session of the reader begins. */
export interface LedgerStart {
  /** Identity of the stream. */
  stream: string
  /** The checkpoint: everything up to it is counted or rejected. */
  settled: number
  /** When the latest message up to it was stored. Absent: not known. */
  storedUntilMs?: number | undefined
  /** Of the checkpoint as it is stored. Absent: there never was one. */
  revision?: number
  /** The last sequence of the stream at that time. Absent: not known. */
  streamEnd?: number
  /** The checkpoint has moved, and is stored. */
  onSettled: (sequence: number) => void
}

/** So that one write does not hold more than its report may have above the checkpoint. */
const MAX_KILLS_PER_WRITE = 250

/**
 * The kills of a session that are not counted yet. Those of one report wait together and are written together when it
 * is the report's turn; the checkpoint moves behind what is written or set aside, whatever the order.
 */
export class KillLedger {
  readonly #ports: LedgerPorts
  readonly #stream: string
  readonly #onSettled: (sequence: number) => void
  readonly #settled: SettledSequence
  /** By keyText. A report is here while its kills wait or are written. */
  readonly #waiting = new Map<string, WaitingKill[]>()
  readonly #rejects: RejectQueue
  readonly #held = new HeldBytes()
  readonly #underWay = new Set<Promise<void>>()
  #checkpoint: number
  #revision: number
  #streamEnd: number
  #wroteSinceCheckpoint = false
  #isSaving = false
  #failure: unknown
  #roomMade: () => void = () => {}

  constructor(ports: LedgerPorts, start: LedgerStart) {
    this.#ports = ports
    this.#rejects = new RejectQueue(ports)
    this.#stream = start.stream
    this.#onSettled = start.onSettled
    this.#checkpoint = start.settled
    this.#streamEnd = start.streamEnd ?? Number.POSITIVE_INFINITY
    this.#revision = start.revision ?? 0
    this.#settled = new SettledSequence(start.settled, start.storedUntilMs)
  }

  count({ message, target }: KillToWrite): void {
    this.#open(message)
    this.#enqueue({ sequence: message.sequence, target, isReject: false })
  }

  reject(message: StoredMessage, reason: string): void {
    this.#open(message)
    this.#setAside({ message, reason, isUntold: false })
  }

  /** Nothing is to be done about it. */
  skip(message: StoredMessage): void {
    this.#open(message)
    this.#settle([message.sequence])
  }

  /** Comes back when what waits has room. @throws what ended the ledger. */
  async room(): Promise<void> {
    const { waiting, maxWaitingBytes } = this.#ports
    while (this.#held.total >= maxWaitingBytes && this.#failure === undefined && !waiting.signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#roomMade = resolve
      await promise
    }
    waiting.signal.throwIfAborted()
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Comes back when nothing is under way: all is counted and the checkpoint behind it, or the signal is aborted. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  #open({ sequence, storedAtMs }: StreamPlace): void {
    this.#settled.open(sequence, storedAtMs)
    this.#streamEnd = Math.max(this.#streamEnd, sequence)
  }

  #settle(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      this.#settled.settle(sequence)
      this.#held.release(sequence)
    }
    this.#roomMade()
    if (!this.#isSaving && this.#settled.value > this.#checkpoint) this.#start(() => this.#saveCheckpoints())
  }

  #enqueue(kill: WaitingKill): void {
    this.#held.hold(kill.sequence, bytesOfRecord(kill.target.record))
    const key = keyText(kill.target.key)
    const kills = this.#waiting.get(key)
    if (kills !== undefined) {
      kills.push(kill)
      return
    }
    this.#waiting.set(key, [kill])
    this.#start(() => this.#writeReport(key))
  }

  /** It is kept elsewhere, and seen in its node's report, unless that takes nothing. */
  #setAside(reject: Reject): void {
    const { sequence, data } = reject.message
    this.#held.hold(sequence, data.length)
    if (this.#rejects.add(reject)) this.#start(() => this.#rejects.publish((...kept) => this.#afterReject(...kept)))
  }

  #afterReject(sequence: number, target: NodeTarget | undefined): void {
    if (target === undefined) this.#settle([sequence])
    else this.#enqueue({ sequence, target, isReject: true })
  }

  #start(work: () => Promise<void>): void {
    const { signal } = this.#ports.waiting
    const done = work().catch((error: unknown) => {
      if (!signal.aborted) this.#failure ??= error
      this.#roomMade()
    })
    const underWay = done.finally(() => this.#underWay.delete(underWay))
    this.#underWay.add(underWay)
  }

  /** Until none of its kills waits. A write that fails makes place for others before it is tried again. */
  async #writeReport(key: string): Promise<void> {
    const { budget, waiting } = this.#ports
    while (this.#waiting.has(key)) {
      await keepTrying('apiserver', waiting, () => budget.run(key, waiting.signal, () => this.#writeOnce(key)))
    }
  }

  async #writeOnce(key: string): Promise<void> {
    const { observer, patience } = this.#ports
    const kills = (this.#waiting.get(key) ?? []).slice(0, MAX_KILLS_PER_WRITE)
    const [first] = kills
    if (first === undefined) return
    const result = await this.#write(first.target.key, kills)
    if (result.outcome === 'refused') {
      this.#take(key, kills)
      observer.refused(first.target.key, kills.length, result.message)
      this.#start(() => this.#placeElsewhere(kills, result))
      return
    }
    patience.written(first.target.key)
    const isCounted = countedBy(result.watermark, this.#stream)
    const counted = kills.filter(({ sequence }) => isCounted(sequence))
    this.#take(key, counted)
    if (counted.length > 0) this.#wroteSinceCheckpoint = true
    observer.counted(counted.filter(({ isReject }) => !isReject).map(({ target }) => target))
    this.#settle(counted.map(({ sequence }) => sequence))
  }

  async #write(
    key: ReportKey,
    kills: readonly WaitingKill[],
  ): Promise<Refusal | { outcome: 'counted'; watermark: Watermark | undefined }> {
    const group = kills.map(({ sequence, target }) => ({ streamSequence: sequence, target }))
    try {
      const at = { stream: this.#stream, settled: this.#checkpoint, streamEnd: this.#streamEnd }
      const result = await this.#ports.writer.write({ ...at, kills: group })
      if (result.outcome === 'refused') return result
      return { outcome: 'counted', watermark: result.outcome === 'gone' ? undefined : result.status.watermark }
    } catch (error) {
      this.#ports.waiting.signal.throwIfAborted()
      const refusal = this.#ports.patience.failed(key, error)
      if (refusal !== undefined) return refusal
      if (error instanceof ProgramError && error.retry) throw error
      const message = `the operator could not count it: ${messageOf(error)}`
      return { outcome: 'refused', reason: 'WriteRefused', message }
    }
  }

  /** What the apiserver refuses is counted with the node's own kills, and what is refused there is set aside. */
  async #placeElsewhere(kills: readonly WaitingKill[], { reason, message: detail }: Refusal): Promise<void> {
    const { waiting, readMessage, explain, findPod, now } = this.#ports
    const elsewhere: WaitingKill[] = []
    for (const { sequence, target, isReject } of kills) {
      if (isReject) {
        this.#settle([sequence])
        continue
      }
      const read = await keepTrying('streams', waiting, () => readAgain(readMessage, sequence, target.record))
      if (read !== undefined && target.kind === 'OOMReport') {
        const context = { explain, findPod, now: now(), storedAtMs: target.storedAtMs }
        const itsNode = nodeTarget(read.event, reason, context, detail)
        elsewhere.push({ sequence, target: itsNode, isReject: false })
        continue
      }
      const [message, why] =
        read === undefined
          ? [{ sequence, subject: '', data: new Uint8Array() }, `${detail}; it is in the stream no longer`]
          : [read.message, detail]
      this.#setAside({ message, reason: why, isUntold: true })
    }
    for (const kill of elsewhere) this.#enqueue(kill)
  }

  #take(key: string, kills: readonly WaitingKill[]): void {
    const taken = new Set(kills)
    const left = (this.#waiting.get(key) ?? []).filter((kill) => !taken.has(kill))
    if (left.length === 0) this.#waiting.delete(key)
    else this.#waiting.set(key, left)
  }

  async #saveCheckpoints(): Promise<void> {
    this.#isSaving = true
    const { waiting, afterWrites, saveCheckpoint } = this.#ports
    while (this.#settled.value > this.#checkpoint) {
      const { value: sequence, storedUntilMs } = this.#settled
      if (this.#wroteSinceCheckpoint) await afterWrites()
      this.#wroteSinceCheckpoint = false
      const checkpoint = { stream: this.#stream, sequence, storedUntilMs }
      const revision = await keepTrying('checkpoint', waiting, () => saveCheckpoint(checkpoint, this.#revision))
      if (revision === undefined) throw checkpointMoved(this.#revision)
      this.#revision = revision
      this.#checkpoint = sequence
      this.#onSettled(sequence)
    }
    this.#isSaving = false
  }
}
