import { nodesBehind, type NodeWord } from '../policies/release.ts'
import type { DesiredBucket } from '../runtime/desiredStates.ts'
import { mapBounded } from '../runtime/mapBounded.ts'

/** What the nodes have said: before this began, and since. */
export interface NodeWords {
  said: ReadonlyMap<string, NodeWord>
  /** Tokens of the nodes that have spoken since this began: their agents are alive. */
  heard: ReadonlySet<string>
}

export interface RestorePorts {
  /** Ends the operator, which would write the desired state anew. @returns how to start it again. */
  stopOperator(): Promise<() => Promise<void>>
  /** Names of the policies that may have changed a score: each has its finalizer since before the first write. */
  heldPolicies(): Promise<string[]>
  release(policy: string): Promise<void>
  /** Only where a policy is held: without NATS nothing could have been written. */
  connect(): Promise<{ bucket: DesiredBucket; words: NodeWords }>
  /** Milliseconds on a clock that only goes forward. */
  monotonicMs: () => number
  sleep: (ms: number) => Promise<void>
  limitMs: number
}

export type Restored =
  | { kind: 'nothingHeld' }
  | {
      kind: 'restored'
      policies: number
      nodes: number
      /** Their agents do not speak: what was set there stays until its containers end, or an agent comes back. */
      silent: string[]
    }
  /** Agents that are alive and did not manage; the operator runs again. */
  | { kind: 'failed'; nodes: string[] }

const LOOK_EVERY_MS = 100
/** States that are read at the same time. */
const IN_FLIGHT = 32

/** Gives every score back: empties the desired state, waits for the nodes, and lets the policies go. */
export async function restoreScores(ports: RestorePorts): Promise<Restored> {
  const startOperator = await ports.stopOperator()
  let restored: Restored | undefined
  try {
    const policies = await ports.heldPolicies()
    if (policies.length === 0) return (restored = { kind: 'nothingHeld' })
    const nodes = await giveBack(ports)
    if (nodes.failed.length > 0) return { kind: 'failed', nodes: nodes.failed }
    for (const policy of policies) await ports.release(policy)
    return (restored = {
      kind: 'restored',
      policies: policies.length,
      nodes: nodes.all - nodes.silent.length,
      silent: nodes.silent,
    })
  } finally {
    if (restored === undefined) await startOperator()
  }
}

async function giveBack(ports: RestorePorts): Promise<{ all: number; failed: string[]; silent: string[] }> {
  const { bucket, words } = await ports.connect()
  const needed = new Map<string, number>()
  // One whose state a run before this one deleted, or an operator, may not have read that yet.
  await mapBounded([...words.said.keys()], IN_FLIGHT, async (token) => {
    needed.set(token, (await bucket.read(token))?.revision ?? 0)
  })
  for (const token of (await bucket.readAll()).keys()) needed.set(token, await bucket.delete(token))
  const startedMs = ports.monotonicMs()
  let behind = nodesBehind(needed, words.said)
  while (behind.length > 0 && ports.monotonicMs() - startedMs < ports.limitMs) {
    await ports.sleep(LOOK_EVERY_MS)
    behind = nodesBehind(needed, words.said)
  }
  return {
    all: needed.size,
    failed: behind.filter((token) => words.heard.has(token)),
    silent: behind.filter((token) => !words.heard.has(token)),
  }
}
