import type { ContainerFacts } from '../reports/decideHidden.ts'
import { parsePod, type RawPod } from '../runtime/pod.ts'
import type { PodStore } from '../runtime/podStore.ts'
import { refusalOf } from './kubeAnswers.ts'
import type { KubeClient } from './kubeClient.ts'

/**
 * What is known of a container, read from the apiserver now: the watch may lag, and "was not reported" must not be
 * said of a report that is on its way. What the pod's status has forgotten comes from the store.
 */
export async function readPodFacts(
  client: KubeClient,
  store: PodStore,
  pod: { namespace: string; name: string; uid: string },
  containerId: string,
): Promise<ContainerFacts> {
  const path = `/api/v1/namespaces/${encodeURIComponent(pod.namespace)}/pods/${encodeURIComponent(pod.name)}`
  const answer = await client.request('GET', path)
  if (answer.code !== 200 && answer.code !== 404) throw refusalOf(answer, `read pod ${pod.namespace}/${pod.name}`)
  const current = answer.code === 200 ? parsePod(answer.body as RawPod) : undefined
  if (current?.uid === pod.uid) store.remember(current)
  return store.factsOf(pod.uid, containerId)
}
