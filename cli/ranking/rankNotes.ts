import { printable } from '#program/errors.ts'
import { formatKib } from '../../operator/reports/quantity.ts'
import type { ShownRanking } from './shownRanking.ts'

/** What stands below the table, a sentence or two a line: of what it is a ranking, who is not in it, what was not seen. */
export function rankNotes(ranking: ShownRanking): string[] {
  return [
    aboutDomain(ranking),
    aboutOverruled(ranking),
    aboutNever(ranking),
    aboutGroup(ranking),
    ...(ranking.unseen ?? []),
  ].flatMap((note) => (note === undefined ? [] : [printable(note)]))
}

function aboutDomain({ processCount, domain, node }: ShownRanking): string {
  const { cgroupPath, limitCgroupPath, limitKib, usageKib, totalKib } = domain ?? {}
  const count = `${processCount} ${processCount === 1 ? 'process' : 'processes'}`
  const shares =
    totalKib === undefined ? 'how much memory that is of is not told here' : `FREES is of ${formatKib(totalKib)}`
  const where = node ?? 'this machine'
  if (cgroupPath === undefined) return `${count} on ${where}; ${shares}, RAM and swap.`
  const head = `${count} in cgroup ${cgroupPath}`
  if (limitCgroupPath === undefined || limitKib === undefined) {
    return `${head}, which no memory limit covers: they are in line when the memory of ${where} runs out, with all others there; ${shares}.`
  }
  const used = usageKib === undefined ? '' : `, of which ${formatKib(usageKib)} are charged`
  const swap = totalKib === undefined || totalKib === limitKib ? '' : ' with swap'
  if (limitCgroupPath === cgroupPath) return `${head}, limit ${formatKib(limitKib)}${used}; ${shares}${swap}.`
  return `${head}, which has no limit of its own: that of ${limitCgroupPath}, ${formatKib(limitKib)}${used}, covers it, and all that is below there is in line with it; ${shares}${swap}.`
}

function aboutOverruled({ overruledBy }: ShownRanking): string | undefined {
  return overruledBy === undefined ? undefined : OVERRULED[overruledBy]
}

const OVERRULED: Readonly<Record<NonNullable<ShownRanking['overruledBy']>, string>> = {
  panicOnOom: 'vm.panic_on_oom is set: the kernel would not choose anybody, it would panic.',
  oomKillAllocatingTask:
    'vm.oom_kill_allocating_task is set: who asks for memory at that moment is taken, in no order.',
}

function aboutNever({ neverChosen }: ShownRanking): string | undefined {
  if (neverChosen === undefined) return undefined
  const { init, kernelThreadCount, protectedCount, protectedCommands, withoutMemoryCount } = neverChosen
  const more = protectedCount > protectedCommands.length ? ', …' : ''
  const parts = [
    init && 'init',
    kernelThreadCount > 0 && plural(kernelThreadCount, 'kernel thread', 'kernel threads'),
    protectedCount > 0 && `${protectedCount} at -1000 (${protectedCommands.join(', ')}${more})`,
    withoutMemoryCount > 0 && `${withoutMemoryCount} without memory of their own (ending, or ended)`,
  ].filter((part) => part !== false)
  return parts.length === 0 ? undefined : `Never chosen: ${parts.join(', ')}.`
}

function aboutGroup({ groupKillPath }: ShownRanking): string | undefined {
  if (groupKillPath === undefined) return undefined
  return `memory.oom.group is set on ${groupKillPath}: with the first of this list all processes there go, but for those at -1000.`
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}
