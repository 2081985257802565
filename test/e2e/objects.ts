import type { Kubectl } from '../cluster/parts/kubectl.ts'

/** Events go by themselves; the others are no objects, but what the apiserver asks its neighbours. */
const PASSED_OVER = /^(?:events|componentstatuses)(?:\.|$)/

/** All objects of a namespace, of every kind that the apiserver has, or those that are of none, as `kubectl get -o name` names them. */
export async function listObjects(kubectl: Kubectl, namespace?: string): Promise<Set<string>> {
  const isNamespaced = namespace !== undefined
  const said = await kubectl(['api-resources', `--namespaced=${isNamespaced}`, '--verbs=list', '-o', 'name'])
  const kinds = namesIn(said).filter((kind) => !PASSED_OVER.test(kind))
  const where = isNamespaced ? ['-n', namespace] : []
  return new Set(namesIn(await kubectl(['get', kinds.join(), ...where, '-o', 'name'])))
}

const namesIn = (text: string): string[] => text.split('\n').filter((line) => line !== '')
