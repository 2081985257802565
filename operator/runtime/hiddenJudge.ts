import type { ContainerKillRecord, OomReportStatus } from '../api/oomReport.ts'
import { hiddenDueMs, type ContainerFacts } from '../reports/decideHidden.ts'
import { judgeHidden, judgeKill } from '../reports/reduceReport.ts'
import { parseReportStatus } from '../reports/repairStatus.ts'
import { undecidedKills, type UnjudgedKill } from '../reports/undecidedKills.ts'
import type { Waiting } from './keepTrying.ts'
import { OwnPace } from './ownPace.ts'
import { keyText, type ReportKey, type ReportStore } from './reportStore.ts'
import { updateReport } from './updateReport.ts'
import type { WriteBudget } from './writeBudget.ts'

type OomReportKey = ReportKey & { kind: 'OOMReport' }

export interface JudgePorts {
  store: ReportStore
  /**
   * What is known of a container, at least as new as this call, or remembered from before its pod was deleted.
   * @throws ProgramError with retry.
   */
  readFacts: (pod: { namespace: string; name: string; uid: string }, containerId: string) => Promise<ContainerFacts>
  /** What the watch has told of a container so far. */
  knownFacts: (podUid: string, containerId: string) => ContainerFacts
  waiting: Waiting
  budget: WriteBudget
  now: () => Date
  judged: (judgement: Judgement) => void
  /** A stored status was of another version or edited: these fields are made anew. Told again when the write is. */
  repaired: (key: OomReportKey, fields: readonly string[]) => void
}

/** What one look at a report decided. */
export interface Judgement {
  key: OomReportKey
  /** As stored: it may have been edited by hand. */
  spec: unknown
  /** How many kills, by what was decided. */
  counts: Record<ContainerKillRecord['hidden'], number>
  /** Of those that the report still keeps in full, the hidden ones, newest first. */
  hidden: readonly ContainerKillRecord[]
}

const POLL_MS = 500

/**
 * Judges whether kills are hidden: that one is not as soon as Kubernetes has reported it, the rest when their time has come. Nothing is kept that the stored status does not say:
 * after a restart the reports are read again.
 */
export class HiddenJudge {
  readonly #ports: JudgePorts
  readonly #due = new Map<string, { key: OomReportKey; dueMs: number; kills: readonly UnjudgedKill[] }>()

  constructor(ports: JudgePorts) {
    this.#ports = ports
  }

  /** Remembers a report with kills that wait; the earliest of them sets its time. */
  note(key: OomReportKey, status: OomReportStatus): void {
    const kills = undecidedKills(status)
    const dueMs = Math.min(...kills.map(hiddenDueMs))
    if (Number.isFinite(dueMs)) this.#due.set(keyText(key), { key, dueMs, kills })
    else this.#due.delete(keyText(key))
  }

  /** Runs until the signal is aborted. @throws the signal's reason. */
  async run(): Promise<never> {
    const { waiting, budget, now } = this.#ports
    const pace = new OwnPace('apiserver', waiting)
    for (;;) {
      await waiting.sleep(POLL_MS)
      const due = [...this.#due.values()].filter(
        ({ key, dueMs, kills }) =>
          pace.isReady(keyText(key)) && (dueMs <= now().getTime() || kills.some((kill) => this.#isReported(kill))),
      )
      const judgements = due.map(({ key }) =>
        pace.run(keyText(key), () => budget.run(keyText(key), waiting.signal, () => this.judge(key), 'upkeep')),
      )
      await Promise.all(judgements)
    }
  }

  /** Judges what is due in one report. @throws ProgramError with retry. */
  async judge(key: OomReportKey): Promise<void> {
    const { store, now, repaired } = this.#ports
    const report = await store.get(key)
    const status = parseReportStatus(report?.status, { now: now() })?.status
    if (status === undefined) {
      this.#due.delete(keyText(key))
      return
    }
    const facts = await this.#readFacts(key.namespace, status)
    const at = now()
    const result = await updateReport<OomReportStatus>(store, {
      key,
      report,
      parseStatus: (stored) => {
        const read = parseReportStatus(stored, { now: at })
        if (read !== undefined && read.repaired.length > 0) repaired(key, read.repaired)
        return read?.status
      },
      compute: (stored) => stored && judgeHidden(stored, (kill) => facts.get(containerKey(kill)), at),
    })
    if (result.outcome === 'gone' || result.outcome === 'refused') {
      this.#due.delete(keyText(key))
      return
    }
    if (result.outcome === 'written') {
      this.#ports.judged({ key, spec: report?.spec, ...judgementOf(status, result.status, at) })
    }
    this.note(key, result.status)
  }

  #isReported(kill: UnjudgedKill): boolean {
    return judgeKill(kill, this.#knownFacts(kill), this.#ports.now())?.hidden === 'No'
  }

  #knownFacts({ podUid, containerId }: UnjudgedKill): ContainerFacts | undefined {
    return podUid === undefined || containerId === undefined ? undefined : this.#ports.knownFacts(podUid, containerId)
  }

  async #readFacts(namespace: string, status: OomReportStatus): Promise<ReadonlyMap<string, ContainerFacts>> {
    const nowMs = this.#ports.now().getTime()
    const facts = new Map<string, ContainerFacts>()
    const kills = undecidedKills(status)
    for (const kill of kills) {
      const { podName, podUid, containerId } = kill
      const id = containerKey(kill)
      if (hiddenDueMs(kill) > nowMs || facts.has(id)) continue
      if (podName === undefined || podUid === undefined || containerId === undefined) {
        facts.set(id, { kind: 'containerUnknown' })
      } else {
        facts.set(id, await this.#ports.readFacts({ namespace, name: podName, uid: podUid }, containerId))
      }
    }
    // Of the others only what is known already: they will have their look when they are due.
    for (const kill of kills) {
      const known = facts.has(containerKey(kill)) ? undefined : this.#knownFacts(kill)
      if (known !== undefined) facts.set(containerKey(kill), known)
    }
    return facts
  }
}

/** The difference between the status before and after: another writer may have counted kills between, but only we judge. */
function judgementOf(before: OomReportStatus, after: OomReportStatus, at: Date): Pick<Judgement, 'counts' | 'hidden'> {
  const decidedNow = after.lastKills.filter(({ decidedAt, hiddenReason }) => {
    return decidedAt === at.toISOString() && hiddenReason !== 'Undecided'
  })
  const Yes = after.hiddenKills - before.hiddenKills
  const No = after.reportedKills - before.reportedKills
  const decided = undecidedKills(before).length - undecidedKills(after).length
  return {
    counts: { Yes, No, Unknown: Math.max(0, decided - Yes - No) },
    hidden: decidedNow.filter(({ hidden }) => hidden === 'Yes'),
  }
}

function containerKey({ podUid, containerId }: UnjudgedKill): string {
  return `${podUid ?? ''}/${containerId ?? ''}`
}
