import { gzipSync } from 'node:zlib'
import { MAX_RAW_DUMP_CHARS, type KillEvent } from '#contract/killEvent.ts'
import { parseExhausted } from '#kernel/dump/killLine.ts'
import type { OomOutcome } from '#kernel/event/oomEvent.ts'
import type { ClockReading } from '../kmsg/clock.ts'
import { resolveScope } from '../cgroup/scope.ts'
import { resolveInLine, type InLineContext } from './inLine.ts'
import type { ReadContext } from './contextReader.ts'
import type { Foresee } from './foreseer.ts'
import type { ReadGroup } from './groupKill.ts'
import { describeAttribution, type VictimPlace } from './victimPlace.ts'

/** What the outcome itself cannot say. */
export interface EventContext extends Omit<InLineContext, 'killedAtMs'> {
  killedAt: ClockReading
  node: string
  bootId: string
  source: KillEvent['source']
  readGroup: ReadGroup
  readContext: ReadContext
  foresee: Foresee
}

/** One outcome of the killer, with what the node knows about it, as the message the operator gets. */
export function buildKillEvent(outcome: OomOutcome, place: VictimPlace | undefined, context: EventContext): KillEvent {
  const { dump } = outcome
  const victim = outcome.outcome === 'killed' ? outcome.victim : undefined
  const killedAtMs = context.killedAt.monotonicUsec / 1000
  return {
    version: 1,
    node: context.node,
    bootId: context.bootId,
    sequence: outcome.sequence,
    eventSequence: outcome.eventSequence,
    killedAt: new Date(context.killedAt.wallMs).toISOString(),
    monotonicUsec: outcome.monotonicUsec,
    source: context.source,
    outcome: outcome.outcome,
    kernelRelease: dump?.kernelRelease,
    constraint: dump === undefined ? constraintOf(outcome) : dump.constraint,
    scope: resolveScope(dump?.constraint, dump?.cgroup.oom),
    trigger: dump?.trigger && { ...dump.trigger, gfpFlags: dump.trigger.gfpFlags && [...dump.trigger.gfpFlags] },
    victim,
    attribution: describeAttribution(place),
    domain: {
      cgroupPath: dump?.cgroup.oom,
      usageKib: dump?.cgroup.usageKib,
      limitKib: dump?.cgroup.limitKib,
      swapUsageKib: dump?.cgroup.swapUsageKib,
      swapLimitKib: dump?.cgroup.swapLimitKib,
    },
    ...resolveInLine(outcome, place?.cgroupPath, { ...context, killedAtMs }),
    pageSizeKib: dump?.pageSizeKib ?? context.pageSizeKib,
    ...packRawLines(outcome.rawLines),
    groupKill: context.readGroup(outcome, place),
    context: context.readContext(place, killedAtMs),
    foresight: context.foresee(outcome, place, killedAtMs),
  }
}

/** A kill line by itself tells a cgroup's limit; "Out of memory" may be the node's, a cpuset's or a memory policy's. */
function constraintOf(outcome: OomOutcome): KillEvent['constraint'] {
  return outcome.outcome === 'killed' && parseExhausted(outcome.message) === 'memcg' ? 'Memcg' : undefined
}

/** What is left of an event when a detail does not fit the contract: who died, when and where. */
export function withoutDetails(event: KillEvent): KillEvent {
  return {
    version: 1,
    node: event.node,
    bootId: event.bootId,
    sequence: event.sequence,
    eventSequence: event.eventSequence,
    repeats: event.repeats,
    killedAt: event.killedAt,
    monotonicUsec: event.monotonicUsec,
    source: event.source,
    recoveredAs: event.recoveredAs,
    outcome: event.outcome,
    scope: event.scope,
    victim: event.victim && { pid: event.victim.pid, command: event.victim.command.slice(0, 15) },
    attribution: event.attribution,
    domain: {},
    candidates: [],
    taskCount: event.taskCount,
    pageSizeKib: event.pageSizeKib,
  }
}

/** The longest text that is packed; the tail goes first, since a dump's meaning is in its head and its kill line. */
const MAX_RAW_BYTES = 1024 * 1024

function packRawLines(lines: readonly string[]): Pick<KillEvent, 'rawDump' | 'rawDumpTruncated'> {
  if (lines.length <= 1) return {}
  const text = Buffer.from(`${lines.join('\n')}\n`)
  const rawDump = gzipSync(text.subarray(0, MAX_RAW_BYTES)).toString('base64')
  // A dump that does not shrink is not a dump; the parsed fields still say all that was understood.
  if (rawDump.length > MAX_RAW_DUMP_CHARS) return { rawDumpTruncated: true }
  return text.length > MAX_RAW_BYTES ? { rawDump, rawDumpTruncated: true } : { rawDump }
}
