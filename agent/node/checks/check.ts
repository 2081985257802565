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
export interface KubeletThresholds {
  /** evictionHard memory.available. */
  evictionKib: number
}

/** A named pure check of one setting. */
export interface SettingCheck {
  name: string
  /** What is sound, in words. */
  sound: string
  /** Where that comes from: kernel file and function, or Kubernetes’ documents. */
  source: string
  judge(settings: NodeSettings, kubelet: KubeletThresholds): Judgement
}

/** A setting that this kernel does not have, or that cannot be read. */
export function notThere(text: string, severity: Severity = 'note'): Judgement {
  return { value: undefined, severity, text, figures: {} }
}
