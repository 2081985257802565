import type { RankedTaskRow, RankingFacts } from '#contract/rank.ts'
import { freedKib } from './freed.ts'
import { findContainerId } from '../cgroup/path.ts'
import type { RankedLiveTask } from './liveTask.ts'
import type { ScopeRanking } from './scan.ts'

/** A process chooses its command: 15 bytes of the kernel's are 64 characters at most, whatever they are. */
const MAX_COMMAND = 64
const MAX_PATH = 4096

/** A ranking in the form that the node tells it in. */
export function describeRanking(ranking: ScopeRanking): RankingFacts & { tasks: RankedTaskRow[] } {
  const { kernelRelease, pageSizeKib, processCount, neverChosen, cgroupPath, limit, totalKib, groupKillPath } = ranking
  return {
    kernelRelease: kernelRelease?.slice(0, MAX_COMMAND),
    pageSizeKib,
    processCount,
    domain: {
      cgroupPath: cgroupPath?.slice(0, MAX_PATH),
      limitCgroupPath: limit?.cgroupPath.slice(0, MAX_PATH),
      limitKib: limit?.limitKib,
      usageKib: limit?.usageKib,
      totalKib,
    },
    overruledBy: ranking.overruledBy,
    groupKillPath: groupKillPath?.slice(0, MAX_PATH),
    neverChosen: {
      ...neverChosen,
      protectedCommands: neverChosen.protectedCommands.map((command) => command.slice(0, MAX_COMMAND)),
    },
    tasks: ranking.tasks.map((task) => describeRow(task, pageSizeKib)),
  }
}

function describeRow(task: RankedLiveTask, pageSizeKib: number): RankedTaskRow {
  const { pid, uid, oomScore, oomScoreAdj, rssKib, anonRssKib, fileRssKib, shmemRssKib, swapKib, pgtablesKib } = task
  return {
    pid,
    command: task.command.slice(0, MAX_COMMAND),
    uid,
    oomScore,
    oomScoreAdj,
    rssKib,
    anonRssKib,
    fileRssKib,
    shmemRssKib,
    swapKib,
    pgtablesKib,
    // Without memory figures its points cannot be told: the score is of the threads that go on.
    badnessPages: rssKib === undefined ? undefined : task.badnessKib / pageSizeKib,
    freesKib: freedKib(task),
    cgroupPath: task.cgroupPath?.slice(0, MAX_PATH),
    podUid: task.podUid,
    containerId: task.cgroupPath === undefined ? undefined : findContainerId(task.cgroupPath),
  }
}
