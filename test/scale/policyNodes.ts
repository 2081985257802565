import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { DesiredFile } from '../../agent/adapters/desiredFile.ts'
import { DesiredLink, type ReadDesired } from '../../agent/adapters/desiredLink.ts'
import { StatusTeller, type NodeReport } from '../../agent/adapters/statusTeller.ts'
import type { NodeLife } from './simulatedNodes.ts'

const TELL_EVERY_MS = 1_000
const logger = pino({ level: 'silent' })

/**
 * Nodes without processes that read their desired states with the agent's own link, by hint and direct get, and say at
 * once that they applied them.
 */
export class PolicyNodes {
  readonly #folder: string
  readonly #desired = new Map<string, ReadDesired>()

  constructor(folder: string) {
    this.#folder = folder
  }

  readonly live: NodeLife = (name, connection, signal) => {
    const stateDir = join(this.#folder, name)
    mkdirSync(stateDir, { recursive: true })
    const teller = new StatusTeller({ node: name, mode: 'full' }, connection, () => undefined, logger)
    const read = (desired: ReadDesired): void => {
      this.#desired.set(name, desired)
      teller.tell(reportOf(desired))
    }
    const link = new DesiredLink(name, connection, new DesiredFile(stateDir, logger), logger)
    void link.run({ read, held: () => undefined }, signal)
    void this.#tellAgain(name, teller, signal)
  }

  /** Containers that the nodes were told to give this score. */
  countWith(score: number): number {
    let containers = 0
    for (const desired of this.#desired.values()) containers += decidedOf(desired, score)
    return containers
  }

  /** What was said while another word was under way is said now; nothing twice. */
  async #tellAgain(name: string, teller: StatusTeller, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const desired = this.#desired.get(name)
      if (desired !== undefined) teller.tell(reportOf(desired))
      await sleep(TELL_EVERY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

function decidedOf({ rules, containers }: ReadDesired, score: number): number {
  const is = rules.map(
    (rule) =>
      rule.mode === 'Enforce' && rule.score !== undefined && 'value' in rule.score && rule.score.value === score,
  )
  return containers.filter((container) => container.rules.some((place) => is[place])).length
}

function reportOf({ rules, containers, revision }: ReadDesired): NodeReport {
  return {
    rules: rules.map(({ policy, uid, generation }) => ({ policy, uid, generation })),
    reasons: [],
    containers: containers.flatMap(({ containerId, rules: [rule = 0] }) =>
      containerId === undefined
        ? []
        : [{ containerId, outcomes: [{ rule, outcome: 'applied' as const, processes: 1 }] }],
    ),
    desiredRevision: revision,
    restoring: 0,
  }
}
