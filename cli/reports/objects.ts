import { formatYaml } from '../analysis/yaml.ts'
import { escapeHidden } from '../escapeHidden.ts'

export type ObjectOutput = 'json' | 'yaml'

/** An object for programs, and for a terminal: nothing in it is left that a terminal would act on. */
export function formatObject(object: unknown, output: ObjectOutput): string {
  // Through JSON: what is undefined there is not there.
  const json = JSON.stringify(object, undefined, 2)
  return output === 'json' ? `${escapeHidden(json)}\n` : escapeHidden(formatYaml(JSON.parse(json)))
}

/** Of many, as kubectl prints them. */
export function formatList(items: readonly unknown[], output: ObjectOutput): string {
  return formatObject({ apiVersion: 'v1', kind: 'List', items, metadata: { resourceVersion: '' } }, output)
}

/** Without who wrote which field, as kubectl shows objects. */
export function withoutManagedFields(object: unknown): unknown {
  const { metadata, ...rest } = object as { metadata?: { managedFields?: unknown } }
  const { managedFields: _, ...shown } = metadata ?? {}
  return { ...rest, metadata: shown }
}
