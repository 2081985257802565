import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { NatsConnection } from 'nats'
import { pino } from 'pino'
import { KillPublisher } from '../../agent/adapters/killPublisher.ts'
import { StatusTeller } from '../../agent/adapters/statusTeller.ts'
import { KillSender } from '../../agent/publish/killSender.ts'
import type { SpooledKill } from '../../agent/spool/record.ts'
import { encodeKillEvent } from '../../contract/killEvent.ts'
import { inboxPrefix, killSubject } from '../../contract/subjects.ts'
import type { NatsTarget } from '../../program/adapters/natsConnection.ts'
import { passwordLogin } from '../../program/adapters/natsLogin.ts'
import type { PrivateNats } from '../cluster/privateServers.ts'
import { writeSecret } from '../support/program.ts'
import { inParallel } from './directApi.ts'
import { stormKill } from './killEvents.ts'
import type { RunningPod } from './populate.ts'

const CONNECTING = 32
const logger = pino({ level: 'silent' })

/** What a node says and reads beside its kills, until the signal is aborted. */
export type NodeLife = (name: string, connection: Promise<NatsConnection>, signal: AbortSignal) => void

/** Of one whose scores nobody adjusts. */
export const speaking: NodeLife = (name, connection, signal) =>
  void new StatusTeller({ node: name, mode: 'full' }, connection, () => undefined, logger).run(signal)

/**
 * Nodes without a kernel: each with its own connection, login and permissions, and with the agent's own publisher, sender and
 * status. What they lack is the spool on disk.
 */
export class SimulatedNodes {
  readonly #nats: PrivateNats
  readonly #folder: string
  readonly #live: NodeLife
  readonly #nodes = new Map<string, SimulatedNode>()

  constructor(nats: PrivateNats, folder: string, live: NodeLife = speaking) {
    this.#live = live
    this.#nats = nats
    this.#folder = folder
  }

  /** Connects those that are not yet. */
  async connect(names: readonly string[]): Promise<void> {
    const missing = names.filter((name) => !this.#nodes.has(name))
    await inParallel(missing, CONNECTING, async (name) => {
      const user = this.#nats.users.agents[name]
      if (user === undefined) throw new Error(`expected a NATS user for node ${name}, got none`)
      const passwordFile = writeSecret(join(this.#folder, `nats-${name}`), user.password)
      const target = {
        url: this.#nats.url,
        login: passwordLogin(user.user, passwordFile, logger),
        inboxPrefix: inboxPrefix(name),
        clientName: name,
      }
      const node = new SimulatedNode(name, target)
      this.#nodes.set(name, node)
      await node.start()
      this.#live(name, node.connection, node.signal)
    })
  }

  /** The kernel of the pod's node kills a process of it now. @returns when the kill is stored. */
  kill(pod: RunningPod): Promise<void> {
    const node = this.#nodes.get(pod.node)
    if (node === undefined) throw new Error(`expected ${pod.node} to be connected, it is not`)
    return node.kill(pod)
  }

  async close(): Promise<void> {
    for (const node of this.#nodes.values()) node.stop()
    for (const node of this.#nodes.values()) await node.close()
  }
}

class SimulatedNode {
  readonly #name: string
  /** Its own, as each agent has: one of all nodes would look through the listeners of all of them for each kill. */
  readonly #stop = new AbortController()
  readonly #publisher: KillPublisher
  readonly #bootId = randomUUID()
  readonly #queue: { kill: SpooledKill; stored: () => void }[] = []
  readonly #sender: KillSender
  #sequence = 1_000

  constructor(name: string, target: NatsTarget) {
    this.#name = name
    const publisher = new KillPublisher(target, logger, this.#stop.signal)
    this.#publisher = publisher
    const queue = this.#queue
    this.#sender = new KillSender({
      queue: {
        peek: () => queue[0]?.kill,
        done: () => queue.shift()?.stored(),
        get size() {
          return queue.length
        },
      },
      publish: (subject, payload) => publisher.publish(subject, payload),
      random: Math.random,
      onOutcome: () => undefined,
    })
  }

  get connection(): Promise<NatsConnection> {
    return this.#publisher.connection
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  async start(): Promise<void> {
    await this.#publisher.connection
    void this.#sender.run(this.signal)
  }

  kill(pod: RunningPod): Promise<void> {
    const sequence = (this.#sequence += 7)
    const event = stormKill(pod, this.#bootId, sequence, new Date())
    const payload = encodeKillEvent(event)
    const { monotonicUsec } = event
    const subject = killSubject(this.#name, this.#bootId, sequence)
    return new Promise((stored) => {
      this.#queue.push({ kill: { subject, monotonicUsec, killLine: true, payload }, stored })
      this.#sender.wake()
    })
  }

  stop(): void {
    this.#stop.abort()
  }

  close(): Promise<void> {
    return this.#publisher.close()
  }
}
