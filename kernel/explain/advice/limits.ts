import { partOf } from '../facts.ts'
import { formatKib, formatPart } from '../quantity.ts'
import { state } from '../statement.ts'
import { figuresOf, type AdviceRule } from './rule.ts'

export const heapBelowLimit: AdviceRule = {
  action: 'set the heap below the limit',
  advise(_facts, found) {
    const figures = figuresOf(found, 'memory limit below the runtime’s heap')
    if (figures === undefined) return undefined
    const { limitKib = 0, heapKib = 0 } = figures
    const text = `give the JVM -XX:MaxRAMPercentage=75 (${formatKib(limitKib * 0.75)} of ${formatKib(limitKib)}), or raise the limit well above its heap of about ${formatKib(heapKib)}.`
    return state(text, figures)
  },
}

/** Where a higher limit would only move the kill, other rules speak. */
const NOT_WITH = ['memory limit below the runtime’s heap', 'tmpfs or shared memory']

export const raiseLimit: AdviceRule = {
  action: 'raise the limit, or use less',
  advise({ isMemcg, groups }, { limit, memory }) {
    const { limitKib, usageKib } = limit
    if (!isMemcg || limitKib === undefined || usageKib === undefined) return undefined
    if (memory.findings.some(({ name }) => NOT_WITH.includes(name))) return undefined
    const [largest] = groups
    const swapped = largest === undefined || largest.swapKib === 0 ? '' : ` and ${formatKib(largest.swapKib)} in swap`
    const holder =
      largest === undefined ? '' : `; ${largest.command} has ${formatKib(largest.residentKib)} resident${swapped}`
    const text = `the cgroup uses ${formatPart(usageKib, limitKib, 'limit')}${holder}: if it needs that the limit is too low, if it grows without end it leaks.`
    return state(text, {
      limitKib,
      usageKib,
      largestResidentKib: largest?.residentKib,
      largestSwapKib: largest?.swapKib,
    })
  },
}

export const boundGiant: AdviceRule = {
  action: 'give the largest process a limit',
  advise(facts, found) {
    const { isMemcg, wholeKib } = facts
    const figures = figuresOf(found, 'one giant')
    if (isMemcg || figures === undefined || wholeKib === undefined) return undefined
    const { pid, heldKib = 0 } = figures
    const text = `pid ${pid} holds ${partOf(facts, heldKib)}: a heap or cgroup limit (memory.max) below that keeps its growth from the rest of the machine.`
    return state(text, figures)
  },
}

export const boundProcesses: AdviceRule = {
  action: 'bound the number of processes',
  advise(_facts, found) {
    const figures = figuresOf(found, 'fork bomb')
    if (figures === undefined) return undefined
    const { processes, allProcesses } = figures
    return state(
      `set pids.max, ulimit -u or the pool’s size: ${processes} of ${allProcesses} processes are of one command.`,
      figures,
    )
  },
}

export const runFewer: AdviceRule = {
  action: 'run fewer processes',
  advise({ groups }, found) {
    const figures = figuresOf(found, 'many small processes')
    const [largest] = groups
    if (figures === undefined || largest === undefined) return undefined
    const text = `${largest.processes} of ${largest.command} hold ${formatKib(largest.heldKib)}: fewer of them, or more memory.`
    return state(text, { ...figures, groupProcesses: largest.processes, groupHeldKib: largest.heldKib })
  },
}

export const boundTmpfs: AdviceRule = {
  action: 'bound tmpfs and shared memory',
  advise(_facts, found) {
    const figures = figuresOf(found, 'tmpfs or shared memory')
    if (figures === undefined) return undefined
    const text = `look at df -t tmpfs and ipcs -m, and mount with size=: ${formatKib(figures['shmemKib'] ?? 0)} stays when its process is killed.`
    return state(text, figures)
  },
}
