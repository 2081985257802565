import type { NodeStatus } from '#contract/nodeStatus.ts'
import { setNewest } from './setNewest.ts'

/** `fresh`: it spoke within 90 s, three times its pace. `stale`: it did not, and its node has pods. `gone`: its node has none. */
export const AGENT_STATES = ['fresh', 'stale', 'gone'] as const
export type AgentState = (typeof AGENT_STATES)[number]

export interface AgentFigures {
  agents: Record<AgentState, number>
  /** Of the boots that agents spoke of last, on nodes that are not gone. */
  killsUnseen: number
  killsLost: number
  killsDropped: number
}

const FRESH_MS = 90_000
/** The stream of statuses keeps a word for a day. */
const FORGET_MS = 86_400_000
const MAX_AGENTS = 20_000

interface LastWord {
  saidMs: number
  killsUnseen: number
  killsLost: number
  killsDropped: number
}

/** When each node's agent spoke last, and which kills it knows to be missing. */
export class AgentRoster {
  /** By the node's token, which permissions bind to the node; who spoke last is last. */
  readonly #words = new Map<string, LastWord>()

  /** @param saidMs When NATS took the status: a node's own clock may be wrong. */
  heard(token: string, { completeness }: NodeStatus, saidMs: number): void {
    const word: LastWord = {
      saidMs,
      // There may be more lines than kills for a moment.
      killsUnseen: Math.max(0, completeness?.killsUnseen ?? 0),
      killsLost: completeness?.killsLost ?? 0,
      killsDropped: completeness?.killsDropped ?? 0,
    }
    setNewest(this.#words, token, word, MAX_AGENTS)
  }

  /** @param hasPods Whether a node, by its token, has pods bound to it. */
  figures(nowMs: number, hasPods: (token: string) => boolean): AgentFigures {
    const figures: AgentFigures = {
      agents: { fresh: 0, stale: 0, gone: 0 },
      killsUnseen: 0,
      killsLost: 0,
      killsDropped: 0,
    }
    for (const [token, word] of this.#words) {
      const silentMs = nowMs - word.saidMs
      if (silentMs > FORGET_MS) {
        this.#words.delete(token)
        continue
      }
      const state = silentMs <= FRESH_MS ? 'fresh' : hasPods(token) ? 'stale' : 'gone'
      figures.agents[state]++
      if (state === 'gone') continue
      figures.killsUnseen += word.killsUnseen
      figures.killsLost += word.killsLost
      figures.killsDropped += word.killsDropped
    }
    return figures
  }
}
