import { setTimeout as sleep } from 'node:timers/promises'
import type { NatsConnection } from 'nats'
import { pino } from 'pino'
import { inboxPrefix } from '../../contract/subjects.ts'
import { connectNats } from '../../program/adapters/natsConnection.ts'
import type { NatsLogin } from '../../program/adapters/natsLogin.ts'
import { OperatorWorld } from '../integration/operatorWorld.ts'
import { AgentIdentities } from '../support/agentIdentities.ts'
import { applyCrds, type OperatorProcess } from '../support/stack.ts'
import { inParallel } from './directApi.ts'

const IN_FLIGHT = 32
const GIVE_UP_MS = 300_000
const logger = pino({ level: 'silent' })

export interface LoginFigures {
  nodes: number
  /** From the moment that all begin, seconds until each is in. */
  first: Spread
  /** The same from the moment that the server is started anew, which was killed. */
  again: Spread
  /** Logins that each operator let in. */
  admitted: readonly number[]
  /** By reason; what is answered too late is tried again. */
  refused: Readonly<Record<string, number>>
}

/** Seconds until half, nearly all, and all of them. */
export interface Spread {
  p50: number
  p99: number
  all: number
}

/** So many agents log in at once, and once more after the NATS server was killed, with two operators and a real apiserver. */
export async function runLogins(nodes: number, log: (line: string) => void): Promise<LoginFigures> {
  const world = await OperatorWorld.start({ nodes: [], callout: true })
  const stop = new AbortController()
  const connections: NatsConnection[] = []
  const identities = new AgentIdentities(world.api.access)
  try {
    await applyCrds(world.api.kubectl)
    const lease = { OOMKEEPER_LEADER_ELECT: 'true', OOMKEEPER_LEASE_NAMESPACE: 'shop' }
    const operators = [await world.readyOperator(lease), await world.readyOperator(lease)]
    await identities.prepare()
    log(`making ${nodes} nodes with a pod and its token each …`)
    const names = Array.from({ length: nodes }, (_, at) => `node-${at}`)
    const tokens = new Map<string, string>()
    await inParallel(names, IN_FLIGHT, async (name) => void tokens.set(name, await identities.makeAgent(name)))

    log('all log in at once …')
    const arrivals = new Arrivals(nodes)
    for (const name of names) {
      const login: NatsLogin = {
        name,
        refusalAdvice: '',
        authenticate: () => ({ auth_token: tokens.get(name) ?? '' }),
      }
      const target = { url: world.nats.url, login, inboxPrefix: inboxPrefix(name), clientName: name }
      connectNats(target, logger, stop.signal).then(
        (connection) => {
          connections.push(connection)
          arrivals.came(name)
          void (async () => {
            for await (const { type } of connection.status()) if (type === 'reconnect') arrivals.came(name)
          })()
        },
        () => undefined,
      )
    }
    const first = await arrivals.all()

    log('the NATS server is killed, and all come back at once …')
    await world.nats.process.kill()
    arrivals.begin()
    const starting = world.nats.process.start()
    await starting
    const figures = { nodes, first, again: await arrivals.all() }
    return { ...figures, ...(await countsOf(operators)) }
  } finally {
    stop.abort(new Error('the run has ended'))
    await Promise.all(connections.map((connection) => connection.close()))
    identities.close()
    await world.endOperators()
    await world.dispose()
  }
}

/** What is wrong, one line each. */
export function findWrong({ nodes, first, again, admitted }: LoginFigures, limitSeconds: number): string[] {
  const late = (what: string, { all }: Spread): string[] =>
    all <= limitSeconds ? [] : [`expected all ${nodes} ${what} within ${limitSeconds} s, got ${all.toFixed(1)} s`]
  const idle = admitted.filter((count) => count < nodes / 4)
  return [
    ...late('to be let in', first),
    ...late('to be back', again),
    ...idle.map((count) => `expected both operators to answer, got ${count} by one of them`),
  ]
}

export function loginText({ nodes, first, again, admitted, refused }: LoginFigures): string {
  const spread = ({ p50, p99, all }: Spread): string =>
    `p50 ${p50.toFixed(1)} s, p99 ${p99.toFixed(1)} s, all ${all.toFixed(1)} s`
  const late = Object.entries(refused).map(([reason, count]) => `${reason} ${count}`)
  return `agents ${nodes}, first ${spread(first)}; after a restart ${spread(again)}; let in by ${admitted.join(' and ')}; refused ${late.join(', ') || 0}`
}

class Arrivals {
  readonly #expected: number
  #startedMs = performance.now()
  /** By name, the first time. */
  readonly #seconds = new Map<string, number>()

  constructor(expected: number) {
    this.#expected = expected
  }

  begin(): void {
    this.#startedMs = performance.now()
    this.#seconds.clear()
  }

  came(name: string): void {
    if (!this.#seconds.has(name)) this.#seconds.set(name, (performance.now() - this.#startedMs) / 1_000)
  }

  async all(): Promise<Spread> {
    const untilMs = performance.now() + GIVE_UP_MS
    while (this.#seconds.size < this.#expected) {
      if (performance.now() > untilMs)
        throw new Error(`expected ${this.#expected} logins, got ${this.#seconds.size} in ${GIVE_UP_MS / 1_000} s`)
      await sleep(20)
    }
    const sorted = [...this.#seconds.values()].toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.ceil(share * this.#expected) - 1] ?? Number.NaN
    return { p50: at(0.5), p99: at(0.99), all: at(1) }
  }
}

async function countsOf(operators: readonly OperatorProcess[]): Promise<Pick<LoginFigures, 'admitted' | 'refused'>> {
  const texts = await Promise.all(operators.map(async ({ baseUrl }) => (await fetch(`${baseUrl}/metrics`)).text()))
  const admitted = texts.map((text) => Number(/^oomkeeper_operator_logins_admitted_total (\d+)$/m.exec(text)?.[1]))
  const refused: Record<string, number> = {}
  for (const text of texts) {
    for (const [, reason = '', count] of text.matchAll(
      /^oomkeeper_operator_logins_refused_total\{reason="(\w+)"\} ([1-9]\d*)$/gm,
    ))
      refused[reason] = (refused[reason] ?? 0) + Number(count)
  }
  return { admitted, refused }
}
