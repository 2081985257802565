import type { CgroupContext } from '#contract/killContext.ts'
import type { KillEvent } from '#contract/killEvent.ts'
import { formatKib } from '#kernel/explain/quantity.ts'

/**
 * What is known of a kill that the kernel told in one line: who died and what it held by that line, and how memory stood when the agent
 * looked, right after the kill. Where the memory went before it, nobody can say.
 * @returns undefined for a kill without a line, and where nobody was killed.
 */
export function lineVerdict(event: KillEvent): string | undefined {
  const { victim, source } = event
  if (victim === undefined || source === 'memoryEvents') return undefined
  const name = victim.command === '' ? `process ${victim.pid}` : `${victim.command} (pid ${victim.pid})`
  const said = `${name} was killed${causeOf(event)}.`
  return [said, heldBy(victim), stoodAfter(event)].filter((part) => part !== undefined).join(' ')
}

/** A dump that was too large for the event has left its scope there. */
function causeOf({ scope, constraint }: KillEvent): string {
  if (scope !== 'Unknown') return "; the kernel's other lines of it are not in the event"
  const what = constraint === 'Memcg' ? 'a cgroup reached its limit' : 'memory ran out'
  return ` because ${what}; whose is not known, since the kernel printed this one line of it`
}

function heldBy(victim: NonNullable<KillEvent['victim']>): string | undefined {
  const kinds: [string, number | undefined][] = [
    ['anonymous memory', victim.anonRssKib],
    ['file pages', victim.fileRssKib],
    ['shmem', victim.shmemRssKib],
  ]
  const known = kinds.flatMap(([kind, kib]) => (kib === undefined ? [] : [{ kind, kib }]))
  const held = known.filter(({ kib }) => kib > 0).map(({ kind, kib }) => `${formatKib(kib)} of ${kind}`)
  if (known.length === 0) return undefined
  return held.length === 0 ? 'It had no memory left.' : `It held ${held.join(', ')}.`
}

/** How memory stood when the agent looked, right after the kill; undefined where it could not. */
export function stoodAfter({ context, attribution }: KillEvent): string | undefined {
  if (context === undefined) return undefined
  const { readAfterMs, cgroup, machine } = context
  const place = attribution.containerId === undefined ? 'cgroup' : 'container'
  const parts = [
    ...(cgroup === undefined ? [] : [`its ${place} had ${ofLimit(cgroup)}`]),
    ...(machine?.memAvailableKib === undefined || machine.memTotalKib === undefined
      ? []
      : [`the machine had ${formatKib(machine.memAvailableKib)} of ${formatKib(machine.memTotalKib)} available`]),
  ]
  return parts.length === 0 ? undefined : `Read ${readAfterMs} ms after it: ${parts.join(', and ')}.`
}

/** A limit of its own says nothing of those above it. */
function ofLimit({ usageKib, limitKib, peakKib }: CgroupContext): string {
  const most = peakKib === undefined ? '' : `, ${formatKib(peakKib)} at most so far`
  const limit = limitKib === undefined ? ' and no limit of its own' : ` of its limit of ${formatKib(limitKib)}`
  return `${formatKib(usageKib)}${limit}${most}`
}
