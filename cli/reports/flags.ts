import { argumentOnly, lettered, optional, switchedOff, withDefault } from '#program/flags.ts'
import { rankFlags } from '../rankFlags.ts'
import { textSchema } from '../textSchema.ts'

const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const NODE = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

/** Of a file, or of anything that has a name. */
export const fileSchema = textSchema((text) => (text === '' ? undefined : text), 'it must not be empty')
const namespace = textSchema((text) => (NAMESPACE.test(text) ? text : undefined), "it must be a namespace's name")
export const nodeSchema = textSchema((text) => (NODE.test(text) ? text : undefined), "it must be a node's name")

/** One of several words. */
export function oneOf<const Word extends string>(words: readonly Word[]) {
  return textSchema<Word>((text) => words.find((word) => word === text), `it must be one of ${words.join(', ')}`)
}

/** What may be printed; the first without a flag. */
export function outputFlag<const Word extends string>(words: readonly [Word, ...Word[]], help: string) {
  return lettered('o', argumentOnly(withDefault<Word>(oneOf(words), words.join('|'), words[0], help)))
}

/** kubectl has no such variables either, but KUBECONFIG, which it reads itself. */
export const clusterFlags = {
  context: argumentOnly(optional(fileSchema, 'NAME', 'context of the kubeconfig; without it, the current one')),
  kubeconfig: argumentOnly(optional(fileSchema, 'FILE', 'kubeconfig, as for kubectl')),
}

export const namespaceFlag = {
  namespace: lettered(
    'n',
    argumentOnly(optional(namespace, 'NAMESPACE', 'whose reports; without it, the namespace of the context')),
  ),
}

export const namespaceFlags = {
  ...namespaceFlag,
  allNamespaces: lettered('A', argumentOnly(switchedOff('reports of all namespaces, and of nodes'))),
}

export const operatorFlags = {
  operator: optional(rankFlags.operator.schema, 'URL', "the operator's API; without it, kubectl port-forward to it"),
  operatorNamespace: withDefault(namespace, 'NAMESPACE', 'oomkeeper', 'where the operator runs, for the port-forward'),
}

export const colorFlag = { noColor: switchedOff('no colours on a terminal either; so does NO_COLOR') }

const percent = textSchema(
  (text) => (/^\d{1,3}$/.test(text) && Number(text) <= 100 ? Number(text) : undefined),
  'it must be a number from 0 to 100',
)

export const protectedMemoryFlag = {
  protectedMemoryPercent: optional(
    percent,
    'PERCENT',
    "how much of a node's memory policies may protect; without it, what the operator is set to, and 50 where it does not tell",
  ),
}
