import { qosClass, type ContainerKillRecord } from '../api/oomReport.ts'
import { compact } from '../reports/killRecord.ts'
import { shownText } from '../reports/shownText.ts'
import type { CachedContainer, CachedPod } from './pod.ts'

export type ContainerFactFields = Pick<
  ContainerKillRecord,
  'memoryLimit' | 'memoryRequest' | 'qosClass' | 'priorityClass' | 'restarts'
>

/** How a container was set when it was killed, as far as the apiserver told; of its pod alone where it is not known. */
export function containerFacts(pod: CachedPod, container: CachedContainer | undefined): ContainerFactFields {
  // Where nobody saw what it had: what the one after it has.
  const memory = container?.memory ?? pod.containers.find(({ name }) => name === container?.name)?.memory
  return compact({
    memoryLimit: shown(memory?.limit, 32),
    memoryRequest: shown(memory?.request, 32),
    qosClass: qosClass.safeParse(pod.qosClass).data,
    priorityClass: shown(pod.priorityClass, 64),
    restarts: container?.restarts,
  })
}

function shown(text: string | undefined, maxChars: number): string | undefined {
  return text === undefined ? undefined : shownText(text, maxChars)
}
