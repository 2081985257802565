import type { DesiredRule } from '#contract/desiredRule.ts'
import { podUidOnNode } from '../runtime/pod.ts'
import type { ClusterFacts } from './clusterFacts.ts'
import type { OnRefused, SelectedContainer } from './nodeDesired.ts'
import { planBudget, type ProtectedContainer } from './planBudget.ts'
import { protectedKib, type Subject } from './protection.ts'

/** A container of a node that a rule protects. */
export interface WantedProtection extends ProtectedContainer {
  rule: DesiredRule
}

/** What policies select on a node, and which of it they would protect. */
export interface OnNode {
  selected: SelectedContainer[]
  wanted: WantedProtection[]
}

export function wantedProtection({ policy, pod, member }: Subject, rule: DesiredRule): WantedProtection {
  const { priority, mode } = policy.spec
  const { createdSeconds } = pod
  const container = containerKey(podUidOnNode(pod), member.name)
  return { rule, policy: policy.name, priority, mode, container, createdSeconds, memoryKib: protectedKib(pod, member) }
}

/** What is selected on a node, without the rules for which its budget has no room. */
export function withinBudget(
  node: string,
  { selected, wanted }: OnNode,
  { nodes, rails }: ClusterFacts,
  onRefused: OnRefused,
): readonly SelectedContainer[] {
  const memory = nodes.get(node)?.memory
  // Nobody knows what a node that is not there, or has told nothing yet, could spare.
  if (memory === undefined) return selected
  const percent = rails.protectedMemoryPercent
  const refused = planBudget(wanted, (memory.allocatableKib * percent) / 100)
  if (refused.size === 0) return selected
  const message = `the limits of what policies protect on a node may be ${percent} % of its allocatable memory: the lowest priorities, of equals the newest pods, are left out`
  const rulesOf = new Map<string, Set<DesiredRule>>()
  for (const { container, rule } of refused) rulesOf.set(container, (rulesOf.get(container) ?? new Set()).add(rule))
  return selected.flatMap((one) => {
    const without = rulesOf.get(containerKey(one.podUid, one.name))
    if (without === undefined) return [one]
    for (const rule of without) onRefused(rule, one, { reason: 'BudgetExceeded', message })
    const rules = one.rules.filter((rule) => !without.has(rule))
    return rules.length === 0 ? [] : [{ ...one, rules }]
  })
}

function containerKey(podUid: string, name: string): string {
  return `${podUid}/${name}`
}
