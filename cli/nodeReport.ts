import type { VerdictGroup } from '../agent/node/checks/checks.ts'
import type { Severity } from '../agent/node/checks/check.ts'
import type { KubeletFile } from '../agent/node/kubelet/kubeletFile.ts'
import type { NodeSettings } from '../agent/node/nodeSettings.ts'

/** What `oomkeeper node` found. */
export interface NodeReport {
  settings: NodeSettings
  groups: readonly VerdictGroup[]
  /** The worst of all. */
  severity: Severity
  /** Undefined: the kubelet does not evict for memory. */
  evictionKib: number | undefined
  kubelet: { path: string; file: KubeletFile }
}
