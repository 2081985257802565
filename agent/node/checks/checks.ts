import type { NodeSettings } from '../nodeSettings.ts'
import type { Judgement, KubeletThresholds, SettingCheck, Severity } from './check.ts'
import { cgroupVersion, kernelLog, kernelSupport, pressure } from './kernel.ts'
import { oomDumpTasks, oomKillAllocatingTask, panicOnOom, panicOnOops, panicReboot } from './oomKiller.ts'
import { commitCharge, overcommitLimit, overcommitMemory } from './overcommit.ts'
import { evictionFirst, lowmemReserve, minFree, watermarkScale } from './reserve.ts'
import { swap, swappiness } from './swap.ts'

/** All there are, by what they are about. */
export const CHECK_GROUPS: readonly { title: string; checks: readonly SettingCheck[] }[] = [
  { title: 'What is promised', checks: [overcommitMemory, overcommitLimit, commitCharge] },
  {
    title: 'What happens when nothing is left',
    checks: [panicOnOom, panicReboot, panicOnOops, oomKillAllocatingTask, oomDumpTasks],
  },
  { title: 'What is kept free', checks: [minFree, watermarkScale, lowmemReserve, evictionFirst] },
  { title: 'Where memory can go', checks: [swap, swappiness] },
  { title: 'What can be seen and said', checks: [cgroupVersion, pressure, kernelSupport, kernelLog] },
]

export interface Verdict extends Judgement {
  name: string
  sound: string
  source: string
}

export interface VerdictGroup {
  title: string
  verdicts: readonly Verdict[]
}

export function judgeNode(settings: NodeSettings, kubelet: KubeletThresholds): VerdictGroup[] {
  return CHECK_GROUPS.map(({ title, checks }) => ({
    title,
    verdicts: checks.map((check) => {
      const { name, sound, source } = check
      return { name, sound, source, ...check.judge(settings, kubelet) }
    }),
  }))
}

const BY_WEIGHT: readonly Severity[] = ['ok', 'note', 'warning', 'critical']

/** The worst there is; ok where there is none. */
export function worstOf(severities: readonly Severity[]): Severity {
  return BY_WEIGHT[Math.max(0, ...severities.map((severity) => BY_WEIGHT.indexOf(severity)))] ?? 'ok'
}
