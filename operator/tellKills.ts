import type { KubeClient } from './adapters/kubeClient.ts'
import { KubeEvents } from './adapters/kubeEvents.ts'
import { TroubleLog } from './adapters/troubleLog.ts'
import { oomReportSpec } from './api/oomReport.ts'
import { draftEvents, draftHidden } from './events/draftEvents.ts'
import { resolveWorkload, type GetOwner } from './reports/workload.ts'
import { EventTeller } from './runtime/eventTeller.ts'
import type { Judgement } from './runtime/hiddenJudge.ts'
import type { PodStore } from './runtime/podStore.ts'
import type { Target } from './runtime/resolveTarget.ts'
import type { Surroundings } from './surroundings.ts'

/** Tells kills where people look: Kubernetes Events. Nothing that goes wrong here holds up the counting, nor makes the operator unready. */
export interface KillTelling {
  counted(kills: readonly Target[]): void
  judged(judgement: Judgement): void
  /** Runs until the signal is aborted. @throws the signal's reason. */
  run(): Promise<never>
}

export function createKillTelling(
  { logger, metrics, waiting, now, instance }: Surroundings,
  client: KubeClient,
  pods: PodStore,
  getOwner: GetOwner,
): KillTelling {
  const teller = new EventTeller({
    sink: new KubeEvents(client, instance),
    waiting: { ...waiting, observer: new TroubleLog(logger, (part) => metrics.troubles.inc({ part })) },
    now,
    observer: {
      told: (kills) => metrics.eventsTold.inc(kills),
      dropped: (reason, kills) => metrics.eventsDropped.inc({ reason }, kills),
    },
  })
  const tellHidden = async ({ key, spec, hidden }: Judgement): Promise<void> => {
    const parsed = oomReportSpec.safeParse(spec)
    if (!parsed.success) return
    for (const record of hidden) {
      const { podUid = '', containerId = '', node } = record
      const pod = pods.find(podUid, node)
      const keptRunning = pods.isRunning(podUid, containerId)
      const workloadUid = pod && (await resolveWorkload(pod, getOwner).catch(() => undefined))?.uid
      teller.note(draftHidden({ namespace: key.namespace, spec: parsed.data, workloadUid, record }, keptRunning))
    }
  }
  return {
    counted: (kills) => teller.note(kills.flatMap(draftEvents)),
    judged: (judgement) => void tellHidden(judgement),
    run: () => teller.run(),
  }
}

/** Where `--kubernetes-events off` asks for none. */
export const noTelling = (signal: AbortSignal): KillTelling => ({
  counted: () => {},
  judged: () => {},
  run: () =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    }),
})
