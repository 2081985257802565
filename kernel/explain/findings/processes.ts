import { partOf, type OomFacts } from '../facts.ts'
import { heldBy } from '../processGroups.ts'
import { formatCount, formatKib } from '../quantity.ts'
import { state } from '../statement.ts'
import type { FindingCheck } from './finding.ts'

/** A fork bomb is most of all processes, and more of them than most pools of workers. */
const BOMB_PROCESSES = 200
const BOMB_SHARE = 0.75
/** Many small ones: together half of the memory, none of them a tenth. */
const MANY_PROCESSES = 50
const TOGETHER_SHARE = 0.5
const SMALL_SHARE = 0.1
const GIANT_SHARE = 0.5

export const forkBomb: FindingCheck = {
  name: 'fork bomb',
  find({ groups, dump }) {
    const all = dump.tasks.length
    const group = groups.find(({ processes }) => processes >= BOMB_PROCESSES && processes > all * BOMB_SHARE)
    if (group === undefined) return undefined
    return state(
      `${formatCount(group.processes, 'process', 'processes')} of ${all} are ${group.command}: a fork bomb, or workers without a bound (${formatKib(group.heldKib)} together).`,
      { processes: group.processes, allProcesses: all, heldKib: group.heldKib },
    )
  },
}

export const manySmallProcesses: FindingCheck = {
  name: 'many small processes',
  find(facts) {
    const { groups, dump, processWholeKib: wholeKib } = facts
    if (wholeKib === undefined || dump.tasks.length < MANY_PROCESSES) return undefined
    const heldKib = groups.reduce((kib, group) => kib + group.heldKib, 0)
    const largestKib = largestOf(facts)?.heldKib ?? 0
    if (heldKib < wholeKib * TOGETHER_SHARE || largestKib >= wholeKib * SMALL_SHARE) return undefined
    return state(
      `${formatCount(dump.tasks.length, 'process', 'processes')} together hold ${partOf(facts, heldKib)}, the largest of them ${formatKib(largestKib)}: no one of them is to blame.`,
      { processes: dump.tasks.length, heldKib, largestKib, wholeKib },
    )
  },
}

export const oneGiant: FindingCheck = {
  name: 'one giant',
  find(facts) {
    const { processWholeKib: wholeKib } = facts
    const largest = largestOf(facts)
    if (wholeKib === undefined || largest === undefined || largest.heldKib < wholeKib * GIANT_SHARE) return undefined
    return state(
      `${largest.command} (pid ${largest.pid}) holds most of the memory: ${partOf(facts, largest.heldKib)}.`,
      { pid: largest.pid, heldKib: largest.heldKib, wholeKib },
    )
  },
}

/** By what it has in memory: what is swapped out takes none. */
function largestOf({ dump, pageKib }: OomFacts): { pid: number; command: string; heldKib: number } | undefined {
  let largest: { pid: number; command: string; heldKib: number } | undefined
  for (const task of dump.tasks) {
    const { residentKib, pageTablesKib } = heldBy(task, pageKib)
    const heldKib = residentKib + pageTablesKib
    if (largest === undefined || heldKib > largest.heldKib) largest = { pid: task.pid, command: task.command, heldKib }
  }
  return largest
}
