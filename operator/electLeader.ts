import { KubeClient, loadKubeConfig } from './adapters/kubeClient.ts'
import { KubeLease } from './adapters/kubeLease.ts'
import { Elector } from './lease/elector.ts'
import { LEASE_TIMING } from './lease/planLease.ts'
import type { Surroundings } from './surroundings.ts'

/** Two tries before the renew deadline, as Kubernetes' own components. */
const LEASE_REQUEST_TIMEOUT_MS = LEASE_TIMING.renewDeadlineMs / 2
/** Together less than a program has for its end. */
const FINISH_LIMIT_MS = 2_500
/** How long what is read is still counted when the program is asked to end. */
export const DRAIN_LIMIT_MS = 2_000
const RELEASE_LIMIT_MS = 1_500

/** @returns undefined where this operator is the only one. */
export function createElector(
  { config, logger, waiting, now }: Pick<Surroundings, 'config' | 'logger' | 'waiting' | 'now'>,
  identity: string,
): Elector | undefined {
  if (!config.leaderElect) return undefined
  // A connection of its own: a renewal does not queue behind a thousand reports.
  const client = new KubeClient(loadKubeConfig(config), { requestTimeoutMs: LEASE_REQUEST_TIMEOUT_MS })
  const namespace = config.leaseNamespace ?? client.namespace
  let holder: string | undefined
  return new Elector({
    store: new KubeLease(client, namespace, config.leaseName),
    identity,
    timing: LEASE_TIMING,
    waiting,
    now,
    observer: {
      waits: (seen) => {
        if (seen !== holder) logger.info({ lease: `${namespace}/${config.leaseName}`, holder: seen }, 'standing by')
        holder = seen
      },
      acquired: (transitions) => {
        logger.info({ lease: `${namespace}/${config.leaseName}`, identity, transitions }, 'leading')
      },
    },
  })
}

/** Works while the lease is held. @throws LeaseLost; what the work throws, with the lease given back. */
export async function lead(
  { elector, logger, metrics }: Pick<Surroundings, 'elector' | 'logger' | 'metrics'>,
  sleep: (ms: number) => Promise<void>,
  work: () => readonly Promise<never>[],
): Promise<never> {
  let parts: readonly Promise<never>[] = []
  try {
    await elector?.acquire()
    metrics.leads()
    parts = work()
    return await Promise.race([...parts, ...(elector === undefined ? [] : [elector.hold()])])
  } finally {
    // What is on its way arrives before another begins.
    await Promise.race([Promise.allSettled(parts), sleep(FINISH_LIMIT_MS)])
    const release = elector?.release().catch((error: unknown) => {
      logger.warn({ err: error }, 'the lease could not be given back: another operator begins when it ends')
    })
    await Promise.race([release, sleep(RELEASE_LIMIT_MS)])
  }
}
