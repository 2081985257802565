import { isDeepStrictEqual } from 'node:util'
import type { DesiredContainer } from '#contract/desiredState.ts'
import type { ContainerStatus } from '#contract/nodeStatus.ts'
import type { WriteOutcome } from '../adapters/containerProcesses.ts'
import type { Originals } from './originals.ts'
import { planAdjustments, type ObservedProcess } from './plan.ts'

export interface AdjusterPorts {
  observe(containerIds: ReadonlySet<string>): Map<string, ObservedProcess[]>
  write(containerId: string, process: ObservedProcess, oomScoreAdj: number): WriteOutcome
  /** On disk when it returns. */
  saveOriginals(originals: Originals): void
}

/** Brings the scores of a node's containers to what is desired, sweep by sweep. */
export class Adjuster {
  readonly #ports: AdjusterPorts
  #originals: Originals

  constructor(originals: Originals, ports: AdjusterPorts) {
    this.#originals = originals
    this.#ports = ports
  }

  /**
   * One look at the containers and the writes that it takes.
   * @returns the status of each desired container.
   * @throws ErrnoException when the originals cannot be saved: then nothing was written.
   */
  sweep(desired: readonly DesiredContainer[]): ContainerStatus[] {
    const ids = new Set([...desired.map(({ containerId }) => containerId), ...Object.keys(this.#originals)])
    const observed = this.#ports.observe(ids)
    const plan = planAdjustments(desired, observed, this.#originals)
    this.#save(plan.originals)
    const worst = new Map<string, WriteOutcome>()
    for (const { containerId, process, oomScoreAdj } of plan.writes) {
      const outcome = this.#ports.write(containerId, process, oomScoreAdj)
      if (outcome.kind === 'refused' || outcome.kind === 'failed') worst.set(containerId, outcome)
    }
    // What could not be given back is tried again by the next sweep.
    const released = new Set(plan.releasing.filter((containerId) => !worst.has(containerId)))
    const desiredIds = new Set(desired.map(({ containerId }) => containerId))
    this.#save(
      Object.fromEntries(
        Object.entries(plan.originals).filter(
          ([id]) => !released.has(id) && (observed.has(id) || desiredIds.has(id) || worst.has(id)),
        ),
      ),
    )
    return desired.map((container) => statusOf(container, observed.has(container.containerId), worst))
  }

  #save(originals: Originals): void {
    if (isDeepStrictEqual(originals, this.#originals)) return
    this.#ports.saveOriginals(originals)
    this.#originals = originals
  }
}

function statusOf(
  { containerId, policy, oomScoreAdj }: DesiredContainer,
  present: boolean,
  worst: ReadonlyMap<string, WriteOutcome>,
): ContainerStatus {
  const base = { containerId, policy, oomScoreAdj }
  const failure = worst.get(containerId)
  if (failure?.kind === 'refused') {
    const message = `the kernel takes ${oomScoreAdj} only from a process with CAP_SYS_RESOURCE: it is below the score that the container was started with; give the agent that capability or raise the value`
    return { ...base, outcome: 'failed', reason: 'KernelRefused', message }
  }
  if (failure?.kind === 'failed') {
    return { ...base, outcome: 'failed', reason: 'WriteFailed', message: failure.message.slice(0, 300) }
  }
  if (present) return { ...base, outcome: 'applied' }
  return { ...base, outcome: 'failed', reason: 'ContainerAbsent', message: 'no cgroup of this container on the node' }
}
