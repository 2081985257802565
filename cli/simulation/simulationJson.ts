import { freedKib } from '../../agent/rank/freed.ts'
import type { RankedLiveTask } from '../../agent/rank/liveTask.ts'
import type { Simulation } from '../../agent/simulate/simulation.ts'
import type { SimulationReport } from './report.ts'

/** `{"version":1,"domain":…,"kills":[…]}`, with all kills; what `--with` asks stands in `with`. */
export function formatSimulationJson({ found, untilKib, now, change, caveats, unseen }: SimulationReport): string {
  const { domain, askedPath, limitPath, limitKib, usageKib, processCount } = found
  const { kernelRelease, pageSizeKib } = domain.machine
  const report = {
    version: 1,
    kernelRelease,
    domain: { cgroupPath: askedPath, limitCgroupPath: limitPath, limitKib, usageKib, totalKib: domain.totalKib },
    processCount,
    untilKib,
    ...describe(now, pageSizeKib),
    with: change && {
      changes: change.changes,
      ...describe(change.simulation, pageSizeKib),
      differences: change.differences,
    },
    caveats,
    unseen,
  }
  return JSON.stringify(report, undefined, 2)
}

function describe({ kills, reached }: Simulation, pageSizeKib: number) {
  return {
    reached,
    kills: kills.map(({ victim, others, freesKib, freedKib: sumKib }, at) => ({
      order: at + 1,
      victim: describeTask(victim, pageSizeKib),
      others: others.map((task) => describeTask(task, pageSizeKib)),
      freesKib,
      freedKib: sumKib,
    })),
  }
}

function describeTask(task: RankedLiveTask, pageSizeKib: number) {
  const { pid, command, uid, oomScoreAdj, badnessKib, rssKib, swapKib, cgroupPath, podUid, containerId } = task
  return {
    pid,
    command,
    uid,
    oomScoreAdj,
    badnessPages: badnessKib / pageSizeKib,
    rssKib,
    swapKib,
    freesKib: freedKib(task),
    cgroupPath,
    podUid,
    containerId,
  }
}
