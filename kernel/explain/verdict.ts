import type { Explanation } from './explanation.ts'
import { processPartOf, type OomFacts } from './facts.ts'
import { formatKib } from './quantity.ts'

type Sections = Omit<Explanation, 'verdict' | 'missing'>

/** Three sentences: who died of what, where the memory went, what comes of it. */
export function giveVerdict(facts: OomFacts, sections: Sections): string[] {
  return [whatHappened(facts, sections), whereItWent(facts, sections), whatNow(sections)]
}

function whatHappened({ oomCase }: OomFacts, { asked, limit }: Sections): string {
  const { asker } = asked
  const who = asker?.command ?? 'a process that the log does not name'
  const when = asker?.sizeKib === undefined ? '' : ` when ${who} asked for ${formatKib(asker.sizeKib)}`
  return `${whoDied(oomCase, asked)} ${causeOf(limit, whoseOf(asked.killed.length))}${when}.`
}

function whoDied({ outcome }: OomFacts['oomCase'], { killed }: Sections['asked']): string {
  const [victim, ...others] = killed
  if (victim === undefined) return NOBODY[outcome]
  const name = victim.command === '' ? `process ${victim.pid}` : `${victim.command} (pid ${victim.pid})`
  return others.length === 0 ? `${name} was killed because` : `${name} and ${others.length} more were killed because`
}

const NOBODY: Readonly<Record<OomFacts['oomCase']['outcome'], string>> = {
  killed: 'Somebody was killed because',
  noKillable: 'Nobody could be killed, though',
  panic: 'The kernel panicked because',
  skipped: 'Nobody had to be killed, though',
  undecided: 'Whom the kernel killed is not in the log;',
}

function whoseOf(killed: number): string {
  return killed === 0 ? 'a' : killed === 1 ? 'its' : 'their'
}

function causeOf({ kind, limitKib, usageKib, memoryWasFree }: Sections['limit'], whose: string): string {
  const of = limitKib === undefined ? '' : ` of ${formatKib(limitKib)}`
  switch (kind) {
    case 'Container':
      return `${whose} container reached its limit${of}`
    case 'Pod':
      return `${whose} pod reached its limit${of}`
    case 'Kubepods':
      return `all pods of the node together reached their limit${of}`
    case 'Cgroup':
      return limitKib === undefined && usageKib === undefined
        ? `${whose} cgroup reached its limit`
        : `${whose} cgroup reached its limit${of}`
    case 'Node':
      return memoryWasFree
        ? 'the killer was called for the machine, though it had memory free,'
        : 'the machine ran out of memory'
    case 'Zone':
      return 'the zones that the request may use ran out of memory'
    case 'NumaNode':
      return 'the one NUMA node that the request may use ran out of memory'
    case 'Cpuset':
      return `the NUMA nodes of ${whose} cpuset ran out of memory`
    case 'MemoryPolicy':
      return `the NUMA nodes of ${whose} memory policy ran out of memory`
    case 'Sysrq':
      return 'somebody called the killer by hand'
    case 'Unknown':
      return 'memory ran out, whose is not in the log'
  }
}

function whereItWent(facts: OomFacts, { memory }: Sections): string {
  const [finding] = memory.findings
  if (finding !== undefined) return finding.text
  const [largest] = facts.groups
  if (largest === undefined) return 'Where the memory went is not in the log.'
  // What is swapped out is no part of RAM, nor of a limit on memory.
  const heldKib = largest.heldKib - largest.swapKib
  const held = processPartOf(facts, heldKib)
  const isMost = heldKib * 2 > (facts.processWholeKib ?? Number.POSITIVE_INFINITY)
  return facts.domain === undefined
    ? `${isMost ? 'Most of it' : 'The most'} is held by ${largest.command}: ${held}.`
    : `${largest.command} holds the most of all, ${held}; on which nodes is not printed.`
}

function whatNow({ worth, advice }: Sections): string {
  const comes = worth.statements[0]?.text ?? 'What it freed is not known.'
  const [first] = advice
  return first === undefined ? comes : `${comes.replace(/\.$/, '')}; first of all, ${first.action}.`
}
