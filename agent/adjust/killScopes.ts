import * as z from 'zod'
import type { WriteOutcome } from './writeOutcome.ts'
import type { KillScope, ObservedContainer, ContainerTarget } from './target.ts'
import { lostAtTicks, type Kept } from './originals.ts'
import type { Outcome } from './outcomes.ts'
import { Remembered } from './remembered.ts'
import type { Rule } from './rule.ts'
import {
  KILL_SCOPE_REFUSED,
  NO_KILL_SCOPE,
  ORIGINALS_LOST,
  ORIGINALS_UNSAVED,
  overridden,
  RECONCILING,
  SETS_NO_KILL_SCOPE,
  writeFailed,
} from './statusReasons.ts'

const killScope = z.enum(['Container', 'Process'])
const owned = z.object({
  version: z.literal(1),
  bootId: z.string().max(64),
  containers: z.record(z.string().max(64), killScope),
  lostAtTicks: lostAtTicks.optional(),
})

/** What each container had before it was written, by its id: on disk before the write, and until it is given back. */
export type OwnKillScopes = Readonly<Record<string, KillScope>>

export function formatKillScopes(bootId: string, kept: Kept<OwnKillScopes>): string {
  return JSON.stringify(owned.parse({ version: 1, bootId, ...kept }))
}

export type ParsedKillScopes = { ok: true; kept: Kept<OwnKillScopes> } | { ok: false; reason: string }

/** Those of another boot are none: its cgroups are gone. */
export function parseKillScopes(text: string, bootId: string): ParsedKillScopes {
  try {
    const { containers, bootId: of, lostAtTicks: lostAt } = owned.parse(JSON.parse(text))
    return { ok: true, kept: of === bootId ? { containers, lostAtTicks: lostAt } : { containers: {} } }
  } catch {
    return { ok: false, reason: 'expected kill scopes as JSON' }
  }
}

export interface KillScopePorts {
  /** Whether the agent's mode sets any; what was set is given back in each. */
  maySet: boolean
  /** Undefined where the kernel has none for it (cgroup v1, before 4.19), and where it is gone. */
  read(container: ObservedContainer): KillScope | undefined
  write(container: ObservedContainer, scope: KillScope): WriteOutcome
  /** On disk when it returns. */
  save(own: OwnKillScopes): void
  /** What containers that are as old, in clock ticks since boot, had before is lost; undefined where nothing is. */
  lostAtTicks: number | undefined
}

export interface KillScopeWrite {
  container: ObservedContainer
  from: KillScope
  to: KillScope
  /** Undefined where it is given back. */
  rule: Rule | undefined
}

export interface KillScopesSwept {
  /** By container id. */
  outcomes: ReadonlyMap<string, readonly Outcome[]>
  /** Containers where it could not be given back yet. */
  restoring: ReadonlySet<string>
  /** Those where something was to be written. */
  touched: ReadonlySet<string>
  /** Why what was there cannot be saved; undefined where it is. */
  unsaved: string | undefined
}

/** Brings memory.oom.group of a node's containers to what is desired, beside their scores. */
export class KillScopes {
  readonly #ports: KillScopePorts
  readonly #own: Remembered<KillScope>

  constructor(own: OwnKillScopes, ports: KillScopePorts) {
    this.#own = new Remembered(own, (next) => ports.save(next))
    this.#ports = ports
  }

  /** Containers where something is to be given back some time. */
  get containerIds(): string[] {
    return Object.keys(this.#own.all)
  }

  /**
   * @param take whether one more write may be done now
   * @param onWritten told of each write that was done; none is where what was there cannot be saved, but to give it back
   */
  sweep(
    targets: readonly ContainerTarget[],
    containers: readonly ObservedContainer[],
    take: () => boolean,
    onWritten: (write: KillScopeWrite) => void,
  ): KillScopesSwept {
    const rules = new Map(targets.map((target) => [target.containerId, target.rules.filter(wantsScope)]))
    const outcomes = new Map<string, Outcome[]>()
    const writes: KillScopeWrite[] = []
    const next: Record<string, KillScope> = {}
    for (const container of containers) {
      const { containerId } = container
      const wanted = rules.get(containerId) ?? []
      const own = this.#own.all[containerId]
      if (wanted.length === 0 && own === undefined) continue
      const now = this.#ports.read(container)
      const isLost = now !== undefined && own === undefined && isAsOld(container, this.#ports.lostAtTicks)
      const first = wanted.find(({ mode }) => mode === 'Enforce')
      const deciding = now === undefined || isLost || !this.#ports.maySet ? undefined : first
      const told = wanted.map((rule) => (isLost && rule === first ? lostOf(rule) : asideOf(rule, wanted, first, now)))
      outcomes.set(containerId, this.#ports.maySet ? told : told.map(unset))
      if (now === undefined) continue
      const to = deciding?.killScope ?? own ?? now
      if (deciding !== undefined || own !== undefined) next[containerId] = own ?? now
      if (to !== now) writes.push({ container, from: now, to, rule: deciding })
      else if (deciding === undefined) delete next[containerId]
    }
    // One that is to be there and is not seen now may come back; any other has ended.
    const seen = new Set(containers.map(({ containerId }) => containerId))
    for (const [id, own] of Object.entries(this.#own.all)) if (!seen.has(id) && rules.has(id)) next[id] = own
    this.#own.remember(next)
    const restoring = new Set<string>()
    for (const write of writes) {
      const { containerId } = write.container
      const isSaved = write.rule === undefined || this.#own.has(containerId, next[containerId])
      const result = isSaved && take() ? this.#ports.write(write.container, write.to) : undefined
      if (result?.kind === 'written') onWritten(write)
      const isDone = result?.kind === 'written' || result?.kind === 'gone'
      if (write.rule === undefined && isDone) delete next[containerId]
      else if (write.rule === undefined) restoring.add(containerId)
      const told = outcomes.get(containerId)
      const at = told?.findIndex(({ rule }) => rule === write.rule) ?? -1
      if (told === undefined || write.rule === undefined || at < 0 || isDone) continue
      const why = !isSaved
        ? ORIGINALS_UNSAVED
        : result === undefined
          ? RECONCILING
          : result.kind === 'refused'
            ? KILL_SCOPE_REFUSED
            : writeFailed(result.kind === 'failed' ? result.message : '')
      told[at] = { rule: write.rule, outcome: 'failed', processes: 0, why }
    }
    this.#own.remember(next)
    const touched = new Set(writes.map(({ container }) => container.containerId))
    return { outcomes, restoring, touched, unsaved: this.#own.trouble }
  }
}

/** Whether a container was there already then. */
export function isAsOld({ processes }: ObservedContainer, ticks: number | undefined): boolean {
  return ticks !== undefined && processes.some(({ startTicks }) => startTicks <= ticks)
}

function lostOf(rule: Rule): Outcome {
  return { rule, outcome: 'failed', processes: 0, why: ORIGINALS_LOST }
}

function wantsScope({ killScope: scope, suspended }: Rule): boolean {
  return scope !== undefined && suspended === undefined
}

/** What would be set, or is, where nothing may be. */
function unset(told: Outcome): Outcome {
  const isSet = told.outcome === 'applied' || told.outcome === 'would'
  return isSet ? { ...told, outcome: 'skipped', why: SETS_NO_KILL_SCOPE } : told
}

/** What is to be told of a rule before anything is written; of the one that decides, that it is as it wants. */
function asideOf(rule: Rule, all: readonly Rule[], deciding: Rule | undefined, now: KillScope | undefined): Outcome {
  const told = { rule, processes: 0, why: undefined }
  if (now === undefined) return { ...told, outcome: 'failed', why: NO_KILL_SCOPE }
  if (rule === deciding) return { ...told, outcome: 'applied' }
  if (deciding !== undefined && all.indexOf(deciding) < all.indexOf(rule))
    return { ...told, outcome: 'skipped', why: overridden(deciding.policy) }
  return { ...told, outcome: 'would' }
}
