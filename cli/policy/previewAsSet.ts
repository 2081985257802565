import { DEFAULT_PROTECTED_MEMORY_PERCENT, type Rails } from '../../operator/policies/clusterFacts.ts'
import type { Policy } from '../../operator/policies/selection.ts'
import type { ClusterObjects } from './clusterObjects.ts'
import type { SettingsAnswer } from './ports.ts'
import { previewPolicies, type Preview } from './previewPolicies.ts'

/** How much of a node's allocatable memory policies may protect, and who says so. */
export interface ProtectedMemory {
  percent: number
  from: 'flag' | 'operator' | 'default'
}

interface Given {
  protectedMemoryPercent: number | undefined
  operatorNamespace: string
}

/** What policies would do where the operator is set as it is; what a flag says goes before. */
export async function previewAsSet(
  policies: readonly Policy[],
  objects: ClusterObjects,
  { protectedMemoryPercent: given, operatorNamespace }: Given,
  readSettings: () => Promise<SettingsAnswer>,
): Promise<{ preview: Preview; protectedMemory: ProtectedMemory }> {
  const previewBy = (percent: number, ownNamespace = operatorNamespace): Preview => {
    const rails: Rails = { ownNamespace, protectedMemoryPercent: percent, rollbackWindowMs: 0 }
    return previewPolicies(policies, objects, rails)
  }
  if (given !== undefined) return { preview: previewBy(given), protectedMemory: { percent: given, from: 'flag' } }
  const percent = DEFAULT_PROTECTED_MEMORY_PERCENT
  const preview = previewBy(percent)
  const isAnythingSelected = preview.policies.some(({ containers }) => containers.length > 0)
  const answer = isAnythingSelected ? await readSettings() : undefined
  if (answer === undefined || 'problem' in answer) return { preview, protectedMemory: { percent, from: 'default' } }
  const { namespace, protectedMemoryPercent } = answer.settings
  const isAsTaken = namespace === operatorNamespace && protectedMemoryPercent === percent
  return {
    preview: isAsTaken ? preview : previewBy(protectedMemoryPercent, namespace),
    protectedMemory: { percent: protectedMemoryPercent, from: 'operator' },
  }
}

const SOURCES: Readonly<Record<ProtectedMemory['from'], string>> = {
  flag: 'as --protected-memory-percent says',
  operator: 'as the operator is set',
  default: "the operator's default",
}

export function describeProtectedMemory({ percent, from }: ProtectedMemory): string {
  return `Policies may protect ${percent} % of a node's memory, ${SOURCES[from]}.`
}
