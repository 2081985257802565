import type { KubeletConfig } from '../kubelet/kubeletConfig.ts'
import type { NodeSettings } from '../nodeSettings.ts'

/**
 * How sound a setting is for a node of Kubernetes. A note is worth knowing and changes nothing; with a warning something
 * works less well than people think; critical is what breaks a promise of Kubernetes.
 */
export type Severity = 'ok' | 'note' | 'warning' | 'critical'

export interface Judgement {
  /** As people read it; undefined: not there. */
  value: string | undefined
  severity: Severity
  /** What it means here, and why that is sound or not. */
  text: string
  /** The numbers it rests on, by name with units. */
  figures: Readonly<Record<string, number | boolean | undefined>>
}

/** What only the kubelet's own configuration tells. */
export interface KubeletSettings {
  /** Below which memory.available the kubelet evicts at once (evictionHard), in KiB; undefined: it does not evict for memory. */
  evictionKib: number | undefined
  /** Undefined where there is no configuration file: its defaults then. */
  config: KubeletConfig | undefined
}

/** A named pure check of one setting. */
export interface SettingCheck {
  name: string
  /** What is sound, in words. */
  sound: string
  /** Where that comes from: kernel file and function, or Kubernetes’ documents. */
  source: string
  judge(settings: NodeSettings, kubelet: KubeletSettings): Judgement
}

/** One of what the kubelet's configuration says, by what the node is set to. */
export interface KubeletCheck extends Pick<SettingCheck, 'name' | 'sound' | 'source'> {
  judge(config: KubeletConfig, settings: NodeSettings): Judgement
}

/** A setting that this kernel does not have, or that cannot be read. */
export function notThere(text: string, severity: Severity = 'note'): Judgement {
  return { value: undefined, severity, text, figures: {} }
}
