import { load, YAML11_SCHEMA } from 'js-yaml'
import { messageOf } from '#program/errors.ts'
import type { KubeletConfig } from './kubeletConfig.ts'
import { parseKubeletConfig } from './parseKubeletConfig.ts'

/** Of the text of a KubeletConfiguration, YAML or JSON. In the kubelet's YAML, `no` is false (sigs.k8s.io/yaml, YAML 1.1). */
export function loadKubeletConfig(text: string): KubeletConfig | { problem: string } {
  let document: unknown
  try {
    document = load(text, { schema: YAML11_SCHEMA })
  } catch (error) {
    return { problem: `it is no YAML: ${firstLine(messageOf(error))}` }
  }
  return parseKubeletConfig(document)
}

/** js-yaml shows the place below it, with its newlines already made printable. */
function firstLine(message: string): string {
  return message.split('\\x0a')[0] ?? message
}
