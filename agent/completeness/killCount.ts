import type { Completeness } from '#contract/nodeStatus.ts'
import { countLine, missingKills, recoverKills, settleLedger, withoutUnspooled, type KillLedger } from './ledger.ts'

export interface KillCountPorts {
  /** `oom_kill` of /proc/vmstat; undefined where it cannot be read. */
  readKernelKills(): number | undefined
  /** The kmsg sequence up to which records are read. */
  readThrough(): number
  /** Whether records wait unread on purpose: nothing can be said of their kills. */
  isBehind(): boolean
  /** What was read and is on no disk yet: sequences of kill lines, in order, and how many kills without a line. */
  unspooled(): { lines: readonly number[]; recovered: number }
  /** Whether something has changed that is kept with the counts and that they do not tell. */
  isStale(): boolean
  /** Kept for the next start. @throws when the disk refuses. */
  save(ledger: KillLedger): void
  onFailure(error: unknown): void
  /** Every line that was read is counted on disk. */
  onSaved(): void
  /** A line that an earlier agent has spooled is counted. */
  onSpooledLine(sequence: number): void
  /** Kills that were found missing: known to be lost with overwritten records, or without any reason. */
  onMissing(kind: 'lost' | 'unseen', kills: number): void
  /** A line that may be of a kill that was unseen until now. */
  onLateLine(): void
  /** Lines and counter have settled, and so many kills have no line and are not found again. */
  onSettled(withoutLine: number): void
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs(): number
}

const LOOK_EVERY_MS = 30_000
/** The counter grows right before a line is printed, and a reader is woken within a tick; a busy node takes longer. */
const SETTLE_MS = 2_000
/** No line is on its way for so long while others are read. */
const STANDS_MS = 100

/** Holds the kill lines that were read against the kernel's own counter, a while after each and now and then. */
export class KillCount {
  readonly #ports: KillCountPorts
  #ledger: KillLedger
  #saved: KillLedger | undefined
  /** Lines from here on are counted by this agent. */
  readonly #firstSequence: number
  #kernelKills: number | undefined
  /** A difference that has been there since; it may be a line on its way. */
  #waiting: { kernelKills: number; lines: number; sinceMs: number } | undefined
  #saidUnseen = 0
  /** The least that was missing since the start, and since when: lines on their way make it more for a moment. */
  #least = { kills: Number.POSITIVE_INFINITY, sinceMs: 0, hasStood: false }
  /** Sequences of kill lines that an earlier agent has spooled and perhaps not counted, in order. */
  readonly #spooled: number[]
  #timer: NodeJS.Timeout | undefined
  #dueMs = Number.POSITIVE_INFINITY

  /** @param spooled sequences of kill lines that an earlier agent has spooled, in order */
  constructor(ledger: KillLedger, spooled: readonly number[], ports: KillCountPorts) {
    this.#ledger = ledger
    this.#firstSequence = ledger.nextSequence
    this.#spooled = spooled.filter((sequence) => sequence >= ledger.nextSequence)
    this.#ports = ports
  }

  /** As of the last look; undefined before the first one, and where the kernel does not count. */
  get completeness(): Completeness | undefined {
    if (this.#kernelKills === undefined) return undefined
    const { bootId, before, lines, lost, recovered, dropped } = this.#ledger
    return {
      bootId,
      kernelKills: this.#kernelKills,
      killsBefore: before,
      killLines: lines,
      killsLost: lost,
      killsRecovered: recovered,
      killsDropped: dropped,
      killsUnseen: this.#unseen(this.#kernelKills),
    }
  }

  /**
   * How many of the kernel's kills are done with: their line was read, is known to be lost, or has not come for long.
   * Undefined while that is not known.
   */
  get accountedKills(): number | undefined {
    const { before, lines, lost, settled, recordsLost } = this.#ledger
    const isKnown = settled && !recordsLost && !this.#ports.isBehind()
    return isKnown ? before + lines + lost + this.#saidUnseen : undefined
  }

  start(): void {
    this.#lookIn(SETTLE_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  /** @returns whether this was its first time */
  line(sequence: number): boolean {
    if (this.#saidUnseen > 0) this.#ports.onLateLine()
    const isFirst = sequence >= this.#ledger.nextSequence
    this.#countSpooled(sequence)
    this.#ledger = countLine(this.#ledger, sequence)
    if (!this.#ledger.settled) this.#noteMissing(this.#ports.readKernelKills())
    this.#lookIn(SETTLE_MS)
    return isFirst
  }

  recordsLost(): void {
    this.#ledger = { ...this.#ledger, recordsLost: true }
    this.#lookIn(SETTLE_MS)
  }

  /** Kills without a line that were found by their cgroups' counts. */
  recovered(kills: number): void {
    this.#ledger = recoverKills(this.#ledger, kills)
  }

  /** Something is known that a look may settle. */
  lookSoon(): void {
    this.#lookIn(SETTLE_MS)
  }

  dropped(kills: number): void {
    this.#ledger = { ...this.#ledger, dropped: this.#ledger.dropped + kills }
  }

  /** Before the cursor is saved: it must never be ahead of what is counted. @throws when the disk refuses. */
  save(): void {
    const { lines, recovered } = this.#ports.unspooled()
    const counted = lines.filter((sequence) => sequence >= this.#firstSequence)
    const ledger = withoutUnspooled(this.#ledger, counted, recovered)
    if (this.#saved !== ledger || this.#ports.isStale()) this.#ports.save(ledger)
    this.#saved = ledger
    // Lines that wait to be counted are known from the spool alone.
    if (this.#spooled.length === 0) this.#ports.onSaved()
  }

  look(): void {
    const kernelKills = this.#ports.readKernelKills()
    if (kernelKills === undefined) return
    this.#kernelKills = kernelKills
    this.#countSpooled(this.#ports.readThrough())
    const before = this.#ledger
    this.#settleFirst(kernelKills)
    if (missingKills(this.#ledger, kernelKills) > 0 && !this.#hasWaited(kernelKills)) return
    this.#waiting = undefined
    this.#ledger = settleLedger(this.#ledger, kernelKills)
    if (this.#ledger.lost > before.lost) this.#ports.onMissing('lost', this.#ledger.lost - before.lost)
    const unseen = missingKills(this.#ledger, kernelKills)
    if (unseen > this.#saidUnseen) this.#ports.onMissing('unseen', unseen)
    this.#saidUnseen = unseen
    this.#ports.onSettled(this.#ledger.lost - this.#ledger.recovered + Math.max(0, unseen))
    if (this.#ledger === before && !this.#ports.isStale()) return
    try {
      this.save()
    } catch (error) {
      this.#ports.onFailure(error)
    }
  }

  /** In a storm a line is on its way at each look, and so much was before the first one all the same. */
  #settleFirst(kernelKills: number): void {
    if (this.#ledger.settled || this.#ports.isBehind()) return
    this.#noteMissing(kernelKills)
    const { kills, hasStood } = this.#least
    if (!hasStood) return
    this.#ledger = settleLedger(this.#ledger, kernelKills - missingKills(this.#ledger, kernelKills) + kills)
  }

  #noteMissing(kernelKills: number | undefined): void {
    if (kernelKills === undefined) return
    const kills = missingKills(this.#ledger, kernelKills)
    const nowMs = this.#ports.monotonicMs()
    if (kills < this.#least.kills) this.#least = { kills, sinceMs: nowMs, hasStood: false }
    else if (kills === this.#least.kills && nowMs - this.#least.sinceMs >= STANDS_MS) this.#least.hasStood = true
  }

  /** A line that was spooled counts as read, also where the ring has overwritten it since. */
  #countSpooled(before: number): void {
    for (let [sequence] = this.#spooled; sequence !== undefined && sequence < before; [sequence] = this.#spooled) {
      this.#spooled.shift()
      if (sequence < this.#ledger.nextSequence) continue
      this.#ledger = countLine(this.#ledger, sequence)
      this.#ports.onSpooledLine(sequence)
    }
  }

  /** What is on its way is not unseen yet. */
  #unseen(kernelKills: number): number {
    return this.#waiting === undefined ? missingKills(this.#ledger, kernelKills) : Math.max(0, this.#saidUnseen)
  }

  /** Whether this difference is as it was a while ago; otherwise looks again. */
  #hasWaited(kernelKills: number): boolean {
    const { lines } = this.#ledger
    const nowMs = this.#ports.monotonicMs()
    const same = this.#waiting?.kernelKills === kernelKills && this.#waiting.lines === lines
    if (this.#waiting === undefined || !same || this.#ports.isBehind()) {
      this.#waiting = { kernelKills, lines, sinceMs: nowMs }
    }
    const waited = nowMs - this.#waiting.sinceMs >= SETTLE_MS
    if (!waited) this.#lookIn(SETTLE_MS)
    return waited
  }

  #lookIn(delayMs: number): void {
    const dueMs = this.#ports.monotonicMs() + delayMs
    if (dueMs >= this.#dueMs) return
    clearTimeout(this.#timer)
    this.#dueMs = dueMs
    this.#timer = setTimeout(() => {
      this.#dueMs = Number.POSITIVE_INFINITY
      this.look()
      this.#lookIn(LOOK_EVERY_MS)
    }, delayMs).unref()
  }
}
