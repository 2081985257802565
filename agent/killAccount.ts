import type { Completeness } from '#contract/nodeStatus.ts'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import type { LedgerFile } from './adapters/ledgerFile.ts'
import type { AgentReport } from './agentReport.ts'
import type { KillCounters } from './cgroup/killCounters.ts'
import type { SavedCounts } from './cgroup/savedCounts.ts'
import { KillCount } from './completeness/killCount.ts'
import { openLedger } from './completeness/ledger.ts'
import { Recovery, type UnexplainedKills } from './completeness/recovery.ts'
import type { RecoveredKill } from './event/recovered.ts'
import type { StartPlan } from './kmsg/cursor.ts'
import type { SpooledKills } from './spool/found.ts'

/** What cgroups have counted of the kernel's kills. */
export type CgroupCounters = Pick<
  KillCounters,
  'settle' | 'doubt' | 'save' | 'restore' | 'explainTold' | 'explainRecovered'
>

export interface KillAccountPorts {
  bootId: string
  plan: StartPlan
  /** What earlier agents have spooled, of which not all need be counted. */
  spooled: SpooledKills
  ledgerFile: Pick<LedgerFile, 'read' | 'write'>
  /** Undefined for a recording, whose cgroups are not this machine's. */
  counters: CgroupCounters | undefined
  report: AgentReport
  /** The kernel's own count of kills since boot; undefined where there is none, and for a recording. */
  readKernelKills: () => number | undefined
  /** The kmsg sequence up to which records are read. */
  readThrough: () => number
  /** Whether records wait unread on purpose. */
  isBehind: () => boolean
  /** Whether the log can be read. */
  isReadable: () => boolean
  /** What is read and on no disk yet, in order. */
  unspooled: () => Pick<SpooledKills, 'lines' | 'recovered'>
  /** Stored kills need not be kept in the spool any more. */
  forgetStored: () => void
  /** A cgroup's number; undefined when it is gone. */
  readCgroupId: (cgroupPath: string) => string | undefined
  /** Tells a kill that has no line. */
  tellRecovered: (kill: RecoveredKill) => void
}

/** The account of a boot's kills: lines, the kernel's own count, what cgroups have counted, and what of it the disk has. */
export class KillAccount {
  readonly #ports: KillAccountPorts
  readonly #count: KillCount
  readonly #recovery = new Recovery()
  /** What of the cgroups' counts is on disk. */
  #savedCounts: string | undefined
  /** Where kills are that are about to be told without a line. */
  #untold: string[] = []
  /** Lines that an earlier agent has spooled and perhaps not counted: the cgroups that have counted them. */
  readonly #spooledPaths: Map<number, string | undefined>

  constructor(ports: KillAccountPorts) {
    const { bootId, plan, spooled, ledgerFile, counters, report } = ports
    this.#ports = ports
    this.#spooledPaths = new Map(spooled.lines.map(({ sequence, cgroupPath }) => [sequence, cgroupPath]))
    const kept = ledgerFile.read()
    const hasCursor = plan.publishAfterUsec === undefined
    const ledger = openLedger(kept, bootId, plan.wholeBoot, hasCursor)
    this.#count = new KillCount(ledger, [...this.#spooledPaths.keys()], {
      readKernelKills: ports.readKernelKills,
      isBehind: ports.isBehind,
      readThrough: ports.readThrough,
      unspooled: () => {
        const { lines, recovered } = ports.unspooled()
        return { lines: lines.map(({ sequence }) => sequence), recovered: recovered.length }
      },
      isStale: () => JSON.stringify(this.#explained()) !== this.#savedCounts,
      save: (saved) => {
        const all = { ...saved, counts: this.#explained() }
        try {
          ledgerFile.write(all)
        } catch {
          // No room for a few bytes: stored kills make some.
          ports.forgetStored()
          ledgerFile.write(all)
        }
        this.#savedCounts = JSON.stringify(all.counts)
      },
      onFailure: (error) => report.countsNotSaved(error),
      onSaved: ports.forgetStored,
      onSpooledLine: (sequence) => counters?.explainTold(this.#spooledPaths.get(sequence)),
      onMissing: (kind, kills) => report.missingKills(kind, kills),
      onLateLine: () => counters?.doubt(),
      onSettled: (withoutLine) => this.#recover(withoutLine),
      monotonicMs: () => performance.now(),
    })
    if (kept?.bootId === bootId && hasCursor && kept.counts !== undefined) this.#restore(kept.counts)
  }

  /** Whether every kill of this boot is accounted for, as of the last look. */
  get completeness(): Completeness | undefined {
    return this.#count.completeness
  }

  /** How many of the kernel's kills are done with; undefined while that is not known. */
  get accountedKills(): number | undefined {
    return this.#count.accountedKills
  }

  start(): void {
    this.#count.start()
  }

  stop(): void {
    this.#count.stop()
  }

  /** An outcome that is to be told. */
  read(outcome: OomOutcome): void {
    // One that was counted before is among what cgroups have counted.
    if (!this.#countLine(outcome)) this.#ports.counters?.doubt()
  }

  /** An outcome that an earlier agent has spooled. */
  readSpooled(outcome: OomOutcome): void {
    if (outcome.outcome !== 'killed' || !this.#countLine(outcome)) return
    this.#ports.counters?.explainTold(this.#spooledPaths.get(outcome.sequence))
  }

  /** An outcome that is not told: it is from before the dedupe window. */
  readBefore(outcome: OomOutcome): void {
    this.#countLine(outcome)
  }

  recordsLost(): void {
    this.#count.recordsLost()
    this.#ports.counters?.doubt()
  }

  dropped(kills: number): void {
    this.#count.dropped(kills)
  }

  /** Before the cursor is saved. @throws when the disk refuses */
  save(): void {
    this.#count.save()
  }

  /** Kills that cgroups have counted and that no line told: told by that, once it is known that they have none. */
  foundUnexplained(found: readonly UnexplainedKills[]): void {
    this.#recovery.add(found)
    this.#count.lookSoon()
  }

  /** With those of the kills without a line that were told right before a crash. */
  #restore(counts: SavedCounts): void {
    const { counters, spooled } = this.#ports
    if (counters === undefined) return
    counters.restore(counts)
    const notCounted = spooled.recovered.filter(
      ({ cgroupPath, count }) => cgroupPath !== undefined && counters.explainRecovered(cgroupPath, count),
    )
    this.#count.recovered(notCounted.length)
  }

  #recover(withoutLine: number): void {
    const { counters, isReadable, readCgroupId, tellRecovered } = this.#ports
    // Once the log can be read, the lines may be there.
    const readable = isReadable()
    if (readable) counters?.settle()
    const kills = eachKill(this.#recovery.take(readable ? withoutLine : 0))
    this.#untold = kills.map(({ cgroupPath }) => cgroupPath)
    for (const { cgroupPath, count } of kills) {
      this.#untold.shift()
      const cgroupId = readCgroupId(cgroupPath)
      if (cgroupId === undefined) continue
      this.#count.recovered(1)
      tellRecovered({ cgroupPath, cgroupId, count })
    }
  }

  /** What is explained of the cgroups' counts, without the kills that would be gone with this agent. */
  #explained(): SavedCounts | undefined {
    const { lines, recovered } = this.#ports.unspooled()
    const pending = eachKill(this.#recovery.pending)
    const paths = [...lines, ...recovered, ...pending].map(({ cgroupPath }) => cgroupPath)
    return this.#ports.counters?.save([...paths, ...this.#untold])
  }

  /** @returns false for a kill line that was counted before */
  #countLine({ outcome, sequence }: OomOutcome): boolean {
    return outcome !== 'killed' || this.#count.line(sequence)
  }
}

function eachKill(found: readonly UnexplainedKills[]): { cgroupPath: string; count: number }[] {
  return found.flatMap(({ cgroupPath, from, to }) =>
    Array.from({ length: to - from }, (_, at) => ({ cgroupPath, count: from + 1 + at })),
  )
}
