import type { OomFacts } from '../facts.ts'
import { formatKib, formatPart, limitOrNone } from '../quantity.ts'
import { state, type Statement } from '../statement.ts'
import { classifyCgroup } from './cgroupKind.ts'
import type { LimitSection } from './limit.ts'

const NAMES = {
  Container: 'container',
  Pod: 'pod',
  Kubepods: 'Kubernetes pods’ cgroup',
  Cgroup: 'cgroup',
} as const

/** A memory cgroup's limit. The kernel's "no limit" is none, and stands raw in the figures. */
export function explainCgroupLimit({ dump }: OomFacts): LimitSection {
  const { oom, usageKib, limitKib: rawLimitKib, swapUsageKib, swapLimitKib: rawSwapLimitKib } = dump.cgroup
  const limitKib = limitOrNone(rawLimitKib)
  const { kind, containerId } = classifyCgroup(oom ?? '')
  const figures = {
    kind,
    constraint: dump.constraint,
    usageKib,
    limitKib: rawLimitKib,
    swapUsageKib,
    swapLimitKib: rawSwapLimitKib,
  }
  const name = containerId === undefined ? NAMES[kind] : `${NAMES[kind]} ${containerId.slice(0, 12)}`
  return {
    kind,
    cgroup: oom,
    containerId,
    limitKib,
    usageKib,
    swapLimitKib: limitOrNone(rawSwapLimitKib),
    swapUsageKib,
    statements: [
      state(`The limit of the ${name} was hit: ${useOf(usageKib, rawLimitKib)}.`, figures),
      ...pathStatement(dump.cgroup),
      ...swapStatement(dump.cgroup),
      ...wrongConstraint(dump),
    ],
  }
}

function useOf(usageKib: number | undefined, rawLimitKib: number | undefined): string {
  if (usageKib === undefined || rawLimitKib === undefined) return 'its usage is not printed'
  const limitKib = limitOrNone(rawLimitKib)
  if (limitKib === undefined) return `it used ${formatKib(usageKib)} and has no limit of its own`
  return `it used ${formatPart(usageKib, limitKib, 'limit')}`
}

function pathStatement({ oom, task }: OomFacts['dump']['cgroup']): Statement[] {
  if (oom === undefined) return []
  const victims = task === undefined || task === oom ? '' : `, the victim’s ${task}`
  return [state(`Its cgroup is ${oom}${victims}.`)]
}

function swapStatement({ swapUsageKib, swapLimitKib, swapIncludesMemory }: OomFacts['dump']['cgroup']): Statement[] {
  if (swapUsageKib === undefined || swapLimitKib === undefined) return []
  const what = swapIncludesMemory === true ? 'Memory and swap together' : 'Swap'
  const limitKib = limitOrNone(swapLimitKib)
  const limit = limitKib === undefined ? 'no limit' : formatKib(limitKib)
  return [state(`${what}: ${formatKib(swapUsageKib)} of ${limit}.`, { swapUsageKib, swapLimitKib })]
}

/** 5.2-rc printed the wrong one. */
function wrongConstraint({ constraint }: OomFacts['dump']): Statement[] {
  if (constraint !== 'None') return []
  const text = 'The kernel printed CONSTRAINT_NONE, yet its kill line says that a cgroup ran out: the line is believed.'
  return [state(text, { constraint })]
}
