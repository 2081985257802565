import type { NatsConnection } from 'nats'
import { messageOf } from '#program/errors.ts'
import { kickConnection, mayKick } from './adapters/natsKick.ts'
import { FLOOD_SUBJECT, MAX_KEEP_OUT_SECONDS, parseFloodNotice, type FloodNotice } from './identity/floodNotice.ts'
import { OpenLogins } from './identity/openLogins.ts'
import { ExpiringMap } from './runtime/expiringMap.ts'
import { KeepOuts } from './runtime/keepOuts.ts'
import type { Surroundings } from './surroundings.ts'

const MAX_NODES = 20_000

/** What this operator knows of those it lets in: who is, and who is not for a while. */
export class Gate {
  readonly openLogins = new OpenLogins(Date.now)
  readonly #keptOut = new ExpiringMap<string, true>({ maxEntries: MAX_NODES, nowMs: () => performance.now() })

  isKeptOut(node: string): boolean {
    return this.#keptOut.get(node) !== undefined
  }

  keepOut(node: string, seconds: number): void {
    this.#keptOut.set(node, true, seconds * 1_000)
  }
}

/** Tells the operators that a message beyond the share of a node was stored then, in milliseconds since 1970. */
export type FloodTeller = (node: string, storedAtMs: number) => void

/**
 * Hears from the operator that works which nodes flood: their connections, of those that this operator let in, are ended, and they
 * are refused for a while.
 */
export function keepFloodsOut(
  { config, logger, metrics, now }: Pick<Surroundings, 'config' | 'logger' | 'metrics' | 'now'>,
  nats: NatsConnection,
  gate: Gate,
): FloodTeller {
  const cut = async ({ node, seconds }: FloodNotice): Promise<void> => {
    // First: who is cut comes again at once.
    gate.keepOut(node, seconds)
    const connections = gate.openLogins.take(node)
    const outcomes = await Promise.all(connections.map((connection) => kickConnection(nats, connection)))
    const kicked = outcomes.filter((outcome) => outcome === 'kicked').length
    metrics.floodingConnectionsCut.inc(kicked)
    logger.warn({ node, seconds, connectionsCut: kicked }, 'a node that floods is kept out of NATS for a while')
  }
  nats.subscribe(FLOOD_SUBJECT, {
    callback: (error, message) => {
      if (error !== null) return logger.warn(`expected to hear of floods, got: ${messageOf(error)}`)
      const notice = parseFloodNotice(message.data)
      if (notice === undefined) return logger.warn(`expected a notice of a flood, got ${message.data.length} bytes`)
      cut(notice).catch((failure: unknown) =>
        logger.warn({ node: notice.node }, `expected to cut a node's connections, got: ${messageOf(failure)}`),
      )
    },
  })
  void mayKick(nats).then(
    (may) =>
      may ||
      logger.warn(
        'this login may end no connections of NATS: a node that floods stays connected until its login ends (docs/security.md)',
      ),
    () => undefined,
  )
  const keepOuts = new KeepOuts({
    firstSeconds: config.floodKeepOutSeconds,
    maxSeconds: MAX_KEEP_OUT_SECONDS,
    nowMs: () => now().getTime(),
  })
  return (node, storedAtMs) => {
    const seconds = keepOuts.plan(node, storedAtMs)
    if (seconds === undefined || nats.isClosed()) return
    nats.publish(FLOOD_SUBJECT, JSON.stringify({ node, seconds } satisfies FloodNotice))
  }
}
