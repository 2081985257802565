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
    return { problem: bounded(`it is no YAML: ${firstLine(messageOf(error))}`) }
  }
  const parsed = parseKubeletConfig(document)
  return 'problem' in parsed ? { problem: bounded(parsed.problem) } : parsed
}

/** A sentence names what came, which may be all of the file. */
const MAX_PROBLEM_CHARS = 200

function bounded(problem: string): string {
  return problem.length <= MAX_PROBLEM_CHARS ? problem : `${problem.slice(0, MAX_PROBLEM_CHARS)}…`
}

/** js-yaml shows the place below it, with its newlines already made printable. */
function firstLine(message: string): string {
  return message.split('\\x0a')[0] ?? message
}
