import { isDeepStrictEqual } from 'node:util'
import type { DesiredContainer } from '#contract/desiredState.ts'
import type { ContainerStatus } from '#contract/nodeStatus.ts'
import type { WriteOutcome } from '../adapters/containerProcesses.ts'
import type { Originals } from './originals.ts'
import { planAdjustments, type ObservedProcess } from './plan.ts'
import { resolveTargets, type ContainerTarget, type ObservedContainer } from './target.ts'

/** Which containers to look at: these, and all of these pods. */
export interface Wanted {
  containerIds: ReadonlySet<string>
  podUids: ReadonlySet<string>
}

export interface Swept {
  /** Of each container that is a target. */
  statuses: ContainerStatus[]
  /** Containers that are desired no more and could not be given back yet. */
  restoring: number
  /** Containers of desired pods that could not be told apart: sandboxes, and those that have only begun to start. */
  unnamed: string[]
}

export interface AdjusterPorts {
  observe(wanted: Wanted): ObservedContainer[]
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
   * @throws ErrnoException when the originals cannot be saved: then nothing was written.
   */
  sweep(desired: readonly DesiredContainer[]): Swept {
    const containers = this.#ports.observe(wantedOf(desired, this.#originals))
    const targets = resolveTargets(desired, containers)
    const targetIds = new Set(targets.map(({ containerId }) => containerId))
    const observed = new Map(
      containers
        .filter(({ containerId }) => targetIds.has(containerId) || Object.hasOwn(this.#originals, containerId))
        .map(({ containerId, processes }) => [containerId, processes]),
    )
    const plan = planAdjustments(targets, observed, this.#originals)
    this.#save(plan.originals)
    const worst = new Map<string, WriteOutcome>()
    for (const { containerId, process, oomScoreAdj } of plan.writes) {
      const outcome = this.#ports.write(containerId, process, oomScoreAdj)
      if (outcome.kind === 'refused' || outcome.kind === 'failed') worst.set(containerId, outcome)
    }
    // What could not be given back is tried again by the next sweep.
    const released = new Set(plan.releasing.filter((containerId) => !worst.has(containerId)))
    this.#save(
      Object.fromEntries(
        Object.entries(plan.originals).filter(
          ([id]) => !released.has(id) && (observed.has(id) || targetIds.has(id) || worst.has(id)),
        ),
      ),
    )
    return {
      statuses: targets.map((target) => statusOf(target, observed.has(target.containerId), worst)),
      restoring: plan.releasing.length - released.size,
      unnamed: containers
        .filter(({ containerId, name }) => name === undefined && !targetIds.has(containerId))
        .map(({ containerId }) => containerId),
    }
  }

  #save(originals: Originals): void {
    if (isDeepStrictEqual(originals, this.#originals)) return
    this.#ports.saveOriginals(originals)
    this.#originals = originals
  }
}

function wantedOf(desired: readonly DesiredContainer[], originals: Originals): Wanted {
  const containerIds = new Set(Object.keys(originals))
  for (const { containerId } of desired) if (containerId !== undefined) containerIds.add(containerId)
  return { containerIds, podUids: new Set(desired.map(({ podUid }) => podUid)) }
}

function statusOf(
  { containerId, policy, oomScoreAdj }: ContainerTarget,
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
