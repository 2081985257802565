import { API_VERSION } from '../api/killRecord.ts'
import { oomPolicyKind } from '../api/oomPolicy.ts'
import { refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'

/** Keeps a deleted policy until its scores are given back, so that `kubectl delete` waits for it. */
export const FINALIZER = 'oomkeeper.io/restore-scores'

const POLICIES = `/apis/${API_VERSION}/${oomPolicyKind.plural}`

/** The path of one policy. */
export function policyPath(name: string): string {
  return `${POLICIES}/${encodeURIComponent(name)}`
}

/** @returns the names of the policies that have the finalizer; none where the kind is gone. @throws ProgramError */
export async function listHeldPolicies(client: KubeClient): Promise<string[]> {
  const answer = await client.request('GET', POLICIES)
  if (answer.code === 404) return []
  if (answer.code !== 200) throw refusalOf(answer, 'list OOMPolicies')
  const { items } = answer.body as { items: { metadata: { name: string; finalizers?: string[] } }[] }
  return items.filter(({ metadata }) => metadata.finalizers?.includes(FINALIZER)).map(({ metadata }) => metadata.name)
}

/**
 * Adds the finalizer, or takes it away. A policy that is gone needs neither; after a conflict the next round writes again.
 * @throws ProgramError with retry.
 */
export async function setFinalizer(client: KubeClient, name: string, isHeld: boolean): Promise<void> {
  const answer = await client.request('GET', policyPath(name))
  if (answer.code === 404) return
  if (answer.code !== 200) throw refusalOf(answer, `read OOMPolicy ${name}`)
  const { metadata } = answer.body as {
    metadata: { resourceVersion: string; finalizers?: string[]; deletionTimestamp?: string }
  }
  const { resourceVersion, finalizers = [], deletionTimestamp } = metadata
  // The apiserver takes no new one from an object that is being deleted.
  if (finalizers.includes(FINALIZER) === isHeld || (isHeld && deletionTimestamp !== undefined)) return
  const others = finalizers.filter((finalizer) => finalizer !== FINALIZER)
  const body = { metadata: { resourceVersion, finalizers: isHeld ? [...others, FINALIZER] : others } }
  const written = await client.request('PATCH', `${policyPath(name)}?fieldManager=oomkeeper-operator`, body)
  if (written.code === 200 || written.code === 404) return
  throw refusalOf(written, `${isHeld ? 'hold' : 'release'} OOMPolicy ${name}`)
}
