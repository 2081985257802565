import type { KubeClient } from './adapters/kubeClient.ts'
import { KubeEvents } from './adapters/kubeEvents.ts'
import { TroubleLog } from './adapters/troubleLog.ts'
import { oomReportSpec } from './api/oomReport.ts'
import { draftEvents, draftHidden } from './events/draftEvents.ts'
import { isNews } from './events/news.ts'
import { killKey } from './reports/killRecord.ts'
import { resolveWorkload, type GetOwner } from './reports/workload.ts'
import { EventTeller } from './runtime/eventTeller.ts'
import { ExpiringMap } from './runtime/expiringMap.ts'
import type { Judgement } from './runtime/hiddenJudge.ts'
import type { PodStore } from './runtime/podStore.ts'
import type { Target } from './runtime/resolveTarget.ts'
import type { Surroundings } from './surroundings.ts'

/** Whether a kill is hidden is decided half a minute after it was counted, or when the apiserver is back. */
const REMEMBERED_MS = 600_000
const MAX_REMEMBERED = 8_192

/** Tells kills where people look: Kubernetes Events. Nothing that goes wrong here holds up the counting, nor makes the operator unready. */
export interface KillTelling {
  counted(kills: readonly Target[]): void
  judged(judgement: Judgement): void
  /** Runs until the signal is aborted. @throws the signal's reason. */
  run(): Promise<never>
}

/** Of the whole operator: what tells Events shares one budget. */
export function createEventTeller(
  { logger, metrics, waiting, now, instance }: Surroundings,
  client: KubeClient,
): EventTeller {
  return new EventTeller({
    sink: new KubeEvents(client, instance),
    waiting: { ...waiting, observer: new TroubleLog(logger, (part) => metrics.troubles.inc({ part })) },
    now,
    observer: {
      told: (kills) => metrics.eventsTold.inc(kills),
      dropped: (reason, kills) => metrics.eventsDropped.inc({ reason }, kills),
    },
  })
}

export function createKillTelling(
  { waiting }: Surroundings,
  teller: EventTeller,
  pods: PodStore,
  getOwner: GetOwner,
): KillTelling {
  /** Which kills were told; of those from before a restart the stored record has to say it. */
  const told = new ExpiringMap<string, boolean>({ maxEntries: MAX_REMEMBERED, nowMs: waiting.monotonicMs })
  const tellHidden = async ({ key, spec, hidden }: Judgement): Promise<void> => {
    const parsed = oomReportSpec.safeParse(spec)
    if (!parsed.success) return
    for (const record of hidden) {
      const { podUid = '', containerId = '', node } = record
      const pod = pods.find(podUid, node)
      const keptRunning = pods.isRunning(podUid, containerId)
      const workloadUid = pod && (await resolveWorkload(pod, getOwner).catch(() => undefined))?.uid
      const kill = { namespace: key.namespace, spec: parsed.data, workloadUid, record }
      teller.note(draftHidden(kill, keptRunning, told.get(killKey(record)) ?? isNews({ record })))
    }
  }
  return {
    counted: (kills) => {
      for (const kill of kills) told.set(killKey(kill.record), isNews(kill), REMEMBERED_MS)
      teller.note(kills.flatMap(draftEvents))
    },
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
