import type { DesiredRule } from '#contract/desiredRule.ts'
import {
  MAX_CONTAINER_RULES,
  MAX_DESIRED_CONTAINERS,
  MAX_DESIRED_RULES,
  MAX_RULES_BYTES,
  type DesiredContainer,
  type DesiredState,
} from '#contract/desiredState.ts'
import type { StatusReason } from '#contract/nodeStatus.ts'

export type NodeDesired = Pick<DesiredState, 'rules' | 'containers'>

/** A container of a node with the rules that select it, in order of precedence. */
export interface SelectedContainer extends Omit<DesiredContainer, 'rules'> {
  rules: readonly DesiredRule[]
}

/** Told of each rule that is kept from a container of the node, with the reason. */
export type OnRefused = (rule: DesiredRule, container: SelectedContainer, reason: StatusReason) => void

const TOO_MANY_CONTAINERS = {
  reason: 'TooManyContainers',
  message: `policies select more than ${MAX_DESIRED_CONTAINERS} containers of a node, which are not told to it`,
}
const TOO_MANY_POLICIES = {
  reason: 'TooManyPolicies',
  message: `more than ${MAX_CONTAINER_RULES} policies select a container, or more of a node than it can be told (${MAX_DESIRED_RULES}, and ${MAX_RULES_BYTES / 1024} KiB of them): those of the lowest priority are left out`,
}

/**
 * What a node is told: only the rules that select something there, each once, within the bounds of one message.
 * @param rules all of them, in order of precedence
 */
export function nodeDesired(
  rules: readonly DesiredRule[],
  selected: readonly SelectedContainer[],
  onRefused: OnRefused,
): NodeDesired {
  // The order of pods in memory must not look like a change.
  const ordered = selected.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
  for (const container of ordered.slice(MAX_DESIRED_CONTAINERS))
    for (const rule of container.rules) onRefused(rule, container, TOO_MANY_CONTAINERS)
  const told = ordered.slice(0, MAX_DESIRED_CONTAINERS)
  const used = new Set(told.flatMap((container) => container.rules.slice(0, MAX_CONTAINER_RULES)))
  const kept = withinBounds(rules.filter((rule) => used.has(rule)))
  const places = new Map(kept.map((rule, place) => [rule, place]))
  const containers = told.flatMap((container) => {
    const { podUid, name, containerId } = container
    const own: number[] = []
    for (const rule of container.rules) {
      const place = own.length < MAX_CONTAINER_RULES ? places.get(rule) : undefined
      if (place === undefined) onRefused(rule, container, TOO_MANY_POLICIES)
      else own.push(place)
    }
    return own.length === 0 ? [] : [{ podUid, name, ...(containerId !== undefined && { containerId }), rules: own }]
  })
  return { rules: kept, containers }
}

function withinBounds(rules: readonly DesiredRule[]): DesiredRule[] {
  let bytes = 0
  const end = rules.findIndex((rule) => (bytes += Buffer.byteLength(JSON.stringify(rule)) + 1) > MAX_RULES_BYTES)
  return rules.slice(0, Math.min(MAX_DESIRED_RULES, end < 0 ? rules.length : end))
}

function orderOf({ podUid, name }: SelectedContainer): string {
  return `${podUid}/${name}`
}
