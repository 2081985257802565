import type { NodeSettings } from '../nodeSettings.ts'
import type { Judgement, KubeletCheck, KubeletSettings, SettingCheck, Severity } from './check.ts'
import { cgroupVersion, kernelLog, kernelSupport, pressure } from './kernel.ts'
import {
  cgroupDriver,
  enforceNodeAllocatable,
  failCgroupV1,
  kernelDefaults,
  reservedMemory,
  singleProcessOomKill,
  swapBehavior,
} from './kubelet.ts'
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

/** Of the kubelet's configuration, where it is known. */
export const KUBELET_GROUP: { title: string; checks: readonly KubeletCheck[] } = {
  title: 'What the kubelet is told',
  checks: [
    reservedMemory,
    enforceNodeAllocatable,
    swapBehavior,
    failCgroupV1,
    singleProcessOomKill,
    kernelDefaults,
    cgroupDriver,
  ],
}

export interface Verdict extends Judgement {
  name: string
  sound: string
  source: string
}

export interface VerdictGroup {
  title: string
  verdicts: readonly Verdict[]
}

export function judgeNode(settings: NodeSettings, kubelet: KubeletSettings): VerdictGroup[] {
  const groups = CHECK_GROUPS.map(({ title, checks }) => ({
    title,
    verdicts: checks.map((check) => verdictOf(check, check.judge(settings, kubelet))),
  }))
  const { config } = kubelet
  if (config === undefined) return groups
  const { title, checks } = KUBELET_GROUP
  return [...groups, { title, verdicts: checks.map((check) => verdictOf(check, check.judge(config, settings))) }]
}

function verdictOf(
  { name, sound, source }: Pick<SettingCheck, 'name' | 'sound' | 'source'>,
  judgement: Judgement,
): Verdict {
  return { name, sound, source, ...judgement }
}

const BY_WEIGHT: readonly Severity[] = ['ok', 'note', 'warning', 'critical']

/** The worst there is; ok where there is none. */
export function worstOf(severities: readonly Severity[]): Severity {
  return BY_WEIGHT[Math.max(0, ...severities.map((severity) => BY_WEIGHT.indexOf(severity)))] ?? 'ok'
}
