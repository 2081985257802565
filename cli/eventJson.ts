import { isLimited } from '#kernel/dump/noLimit.ts'
import type { OomCgroup, OomDump } from '#kernel/dump/oomDump.ts'
import { effectiveConstraint } from '#kernel/event/effectiveConstraint.ts'
import { explainOom } from '#kernel/explain/explainOom.ts'
import { caseOfEvent } from '#kernel/explain/oomCase.ts'
import type { OomLogEvent } from '#kernel/event/oomLogEvent.ts'
import { escapeHidden } from './escapeHidden.ts'

/** One event as one line of JSON. What the log does not hold is not there. */
export function formatEventJson(event: OomLogEvent): string {
  return escapeHidden(JSON.stringify(describeEvent(event)))
}

function describeEvent({ dump, ...event }: OomLogEvent) {
  const constraint = effectiveConstraint(dump, event.message)
  return {
    outcome: event.outcome,
    line: event.line,
    time: event.stamp,
    monotonicUsec: event.monotonicUsec,
    kernel: event.kernelRelease,
    message: event.message,
    constraint: constraint ?? dump?.constraintName,
    constraintPrinted: dump?.constraint === constraint ? undefined : dump?.constraint,
    nodemask: dump?.nodemask,
    memsAllowed: dump?.memsAllowed,
    pageSizeKib: dump?.pageSizeKib,
    trigger: dump?.trigger && { ...dump.trigger, command: dump.trigger.command || undefined },
    cgroup: dump && describeCgroup(dump.cgroup),
    announcedVictim: dump?.announcedVictim,
    victims: event.victims,
    moreVictims: event.moreVictims,
    tasks: dump?.tasks ?? [],
    memory: dump && describeMemory(dump),
    slabLines: dump?.slabLines,
    missing: event.missing,
    explanation: explainOom(caseOfEvent({ ...event, dump })),
  }
}

function describeCgroup(cgroup: OomCgroup) {
  if (Object.keys(cgroup).length === 0) return undefined
  return { ...cgroup, limited: isLimited(cgroup.limitKib), swapLimited: isLimited(cgroup.swapLimitKib) }
}

function describeMemory({ ramPages, reservedPages, swapTotalKib, swapFreeKib, memoryLines }: OomDump) {
  return { ramPages, reservedPages, swapTotalKib, swapFreeKib, lines: memoryLines }
}
