import { formatCount, formatKib } from '#kernel/explain/quantity.ts'
import type { RankedLiveTask } from '../../agent/rank/liveTask.ts'
import type { Difference } from '../../agent/simulate/compare.ts'
import type { FoundDomain } from '../../agent/simulate/readDomain.ts'
import type { Simulation } from '../../agent/simulate/simulation.ts'
import { cell, paragraph } from '../analysis/layout.ts'
import { styleOf, type Style } from '../analysis/style.ts'
import type { Change, SimulationReport } from './report.ts'

/** As runtimes abbreviate a container's id. */
const SHORT_ID = 12
/** More of a group are counted. */
const SHOWN_OTHERS = 3
const SHOWN_DIFFERENCES = 10

/** The simulation for people, in 80 columns. @param top how many kills are shown */
export function formatSimulation(report: SimulationReport, top: number, color: boolean): string {
  const { found, untilKib, now, change, caveats, unseen } = report
  const style = styleOf(color)
  return [
    ...paragraph(headline(found), '').map((line) => style.verdict(line)),
    '',
    ...killTable(now, top, style),
    '',
    ...paragraph(outcome(now, untilKib)),
    ...(change === undefined ? [] : changeLines(change, top, untilKib, style)),
    '',
    style.title('What the kernel knows, and this does not'),
    ...[...caveats.map(({ text }) => text), ...unseen].flatMap((text) => paragraph(text, '  • ')),
  ].join('\n')
}

function headline({ askedPath, limitPath, limitKib, usageKib, domain, processCount }: FoundDomain): string {
  const { totalKib } = domain
  const processes = formatCount(processCount, 'process', 'processes')
  if (limitPath === undefined || limitKib === undefined) {
    const total = totalKib === undefined ? '' : `, ${formatKib(totalKib)} of RAM and swap`
    const ending = `this machine’s memory runs out now (${processes}${total})`
    return askedPath === undefined
      ? `If ${ending}:`
      : `No memory limit covers cgroup ${askedPath}: it runs out with all others. If ${ending}:`
  }
  const charged = usageKib === undefined ? '' : `, of which ${formatKib(usageKib)} are charged`
  const swap = totalKib === undefined || totalKib === limitKib ? '' : `, ${formatKib(totalKib)} with swap`
  const ending = `cgroup ${limitPath} hits its limit now (${processes}; ${formatKib(limitKib)}${swap}${charged})`
  return askedPath === limitPath ? `If ${ending}:` : `Cgroup ${askedPath} has no limit of its own. If ${ending}:`
}

function killTable({ kills }: Simulation, top: number, style: Style): string[] {
  const head = `   #  ${'command'.padEnd(15)} ${'pid'.padStart(8)} ${'adj'.padStart(5)} ${'points'.padStart(9)} ${'frees'.padStart(9)} ${'in all'.padStart(9)}  container`
  if (kills.length === 0) return ['  Nobody there may be chosen.']
  const rows = kills.slice(0, top).flatMap(({ victim, others, freesKib, freedKib }, at) => {
    const sizes = [formatPoints(victim), formatKib(freesKib), formatKib(freedKib)].map((size) => size.padStart(9))
    const row = `  ${String(at + 1).padStart(2)}  ${nameCells(victim)} ${sizes.join(' ')}  ${containerOf(victim)}`
    return [row.trimEnd(), ...groupLines(others)]
  })
  const more = kills.length - Math.min(top, kills.length)
  return [style.title(head), ...rows, ...(more > 0 ? [`      … and ${more} more`] : [])]
}

function nameCells({ command, pid, oomScoreAdj }: RankedLiveTask): string {
  return `${cell(command, 15)} ${String(pid).padStart(8)} ${String(oomScoreAdj).padStart(5)}`
}

/** As memory: what the kernel adds up is pages. */
function formatPoints({ badnessKib }: RankedLiveTask): string {
  return badnessKib < 0 ? `−${formatKib(-badnessKib)}` : formatKib(badnessKib)
}

function containerOf({ containerId }: RankedLiveTask): string {
  return containerId?.slice(0, SHORT_ID) ?? '–'
}

function groupLines(others: readonly RankedLiveTask[]): string[] {
  const more = others.length - SHOWN_OTHERS
  return [
    ...others.slice(0, SHOWN_OTHERS).map((task) => `   +  ${nameCells(task)} goes with it (memory.oom.group)`),
    ...(more > 0 ? [`   +  ${formatCount(more, 'other')} of the group`] : []),
  ]
}

function outcome({ kills, reached }: Simulation, untilKib: number | undefined): string {
  const count = formatCount(kills.length, 'kill')
  const freed = formatKib(kills.at(-1)?.freedKib ?? 0)
  if (untilKib === undefined) return `${count} until nobody is left that may be chosen; together they free ${freed}.`
  if (reached) return `After ${count} ${freed} came free, of ${formatKib(untilKib)} that were asked for.`
  return `${formatKib(untilKib)} cannot be had: all that may be chosen free ${freed}, in ${count}.`
}

function changeLines(
  { changes, simulation, differences }: Change,
  top: number,
  untilKib: number | undefined,
  style: Style,
): string[] {
  const asked = changes.map(
    ({ name, oomScoreAdj, pids }) =>
      `${name} at ${oomScoreAdj}${String(pids[0]) === name ? '' : ` (${formatCount(pids.length, 'process', 'processes')})`}`,
  )
  const shown = differences.slice(0, SHOWN_DIFFERENCES)
  const more = differences.length - shown.length
  return [
    '',
    ...paragraph(`With ${asked.join(', ')}:`, '').map((line) => style.verdict(line)),
    '',
    ...killTable(simulation, top, style),
    '',
    ...paragraph(outcome(simulation, untilKib)),
    '',
    style.title('What that changes'),
    ...(differences.length === 0 ? ['  Nothing: the same die in the same order.'] : []),
    ...shown.flatMap((difference) => paragraph(describeDifference(difference), '  • ')),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ]
}

function describeDifference({ pid, command, before, after }: Difference): string {
  const name = `${command} (pid ${pid})`
  if (after === undefined) return `${name} lives; it was number ${before}.`
  if (before === undefined) return `${name} dies as number ${after}; it lived.`
  return `${name} dies as number ${after} in place of ${before}.`
}
