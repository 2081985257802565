import { gzipSync } from 'node:zlib'
import { ProgramError, EXIT } from '#program/errors.ts'
import type { FlagValues } from '#program/flags.ts'
import { killEventOf } from '../../operator/testing/killEvents.ts'
import type { NodeSimulation } from '../../operator/api/nodeSimulation.ts'
import type { KillNotice, StoredKill } from '../../operator/http/answers.ts'
import type { KillEvent } from '#contract/killEvent.ts'
import type { ReportPorts } from './ports.ts'
import type { ReportKind, ReportPlace } from './reference.ts'
import type { ReportedKill } from './report.ts'
import type { simulateNodeFlags } from './simulateNode.ts'

/** As `simulate NODE` has them without any. */
export const SIMULATION_FLAGS = {
  context: undefined,
  kubeconfig: undefined,
  operator: undefined,
  operatorNamespace: 'oomkeeper',
  noColor: false,
  protectedMemoryPercent: undefined,
  until: undefined,
  pod: undefined,
  container: undefined,
  cgroup: undefined,
  policy: undefined,
  top: 10,
  output: 'text',
} satisfies FlagValues<typeof simulateNodeFlags>

export const NOW = '2026-03-01T13:00:00Z'
const BOOT_ID = '0b6f2a5e-1111-4222-8333-444455556666'

/** A cluster of a few reports, and a terminal of so many columns. */
export class FakeWorld implements ReportPorts {
  stdout = ''
  stderr = ''
  readonly objects: unknown[]
  readonly kills = new Map<number, StoredKill>()
  /** What each connection of a follower says; the last one is cut off by an interruption. */
  connections: (readonly (KillNotice | string | Error)[])[] = []
  readonly asked: object[] = []
  columns: number | undefined
  hasColor = false

  constructor(objects: readonly unknown[] = [webReport(), nodeReport()]) {
    this.objects = [...objects]
  }

  readonly reports = {
    currentNamespace: () => Promise.resolve('shop'),
    list: (kind: ReportKind, namespace: string | undefined) => this.#list(kind, namespace),
    get: ({ kind, namespace, name }: ReportPlace): Promise<unknown> => {
      const found = this.#find(kind, namespace).find(({ metadata }) => metadata.name === name)
      if (found !== undefined) return Promise.resolve(found)
      const details = { code: 'ObjectMissing', retry: false, exitCode: EXIT.finding }
      return Promise.reject(new ProgramError(`${name} not found`, details))
    },
  }

  /** What the operator says of a node. */
  simulation: NodeSimulation | undefined

  readonly operator = {
    simulateNode: (question: object): Promise<NodeSimulation> => {
      this.asked.push(question)
      return this.simulation === undefined ? Promise.reject(new Error('no node')) : Promise.resolve(this.simulation)
    },
    findKill: ({ sequence }: ReportedKill) => Promise.resolve(this.kills.get(sequence ?? -1)),
    followKills: (filter: object) => this.#follow(filter),
  }

  async untilInterrupted(use: Parameters<ReportPorts['untilInterrupted']>[0]): Promise<void> {
    const sleep = () => Promise.resolve(this.connections.length > 0)
    await use({ signal: new AbortController().signal, sleep })
  }

  write(text: string): void {
    this.stdout += text
  }

  warn(text: string): void {
    this.stderr += `${text}\n`
  }

  nowMs(): number {
    return Date.parse(NOW)
  }

  /** The stream holds the kill, and what the kernel printed of it. */
  store(event: Partial<KillEvent>, dump?: string): void {
    const rawDump = dump === undefined ? {} : { rawDump: gzipSync(dump).toString('base64') }
    const whole = killEventOf({ ...rawDump, ...event })
    this.kills.set(whole.sequence, { version: 1, streamSequence: 1, storedAt: NOW, event: whole })
  }

  #find(kind: ReportKind, namespace: string | undefined) {
    const objects = this.objects as { kind: string; metadata: { name: string; namespace?: string } }[]
    return objects.filter(
      (object) => object.kind === kind && (namespace === undefined || object.metadata.namespace === namespace),
    )
  }

  async *#list(kind: ReportKind, namespace: string | undefined): AsyncGenerator<unknown> {
    yield* this.#find(kind, namespace)
  }

  async *#follow(filter: object): AsyncGenerator<string> {
    this.asked.push(filter)
    for (const said of this.connections.shift() ?? []) {
      if (said instanceof Error) throw said
      yield typeof said === 'string' ? said : JSON.stringify(said)
    }
  }
}

export function webReport(status: object = {}) {
  const kill = { bootId: BOOT_ID, node: 'node-a', scope: 'ContainerLimit', source: 'kmsg', hidden: 'Yes' }
  return {
    apiVersion: 'oomkeeper.io/v1alpha1',
    kind: 'OOMReport',
    metadata: { name: 'deployment.web.app', namespace: 'shop', managedFields: [{ manager: 'x' }] },
    spec: { workload: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, container: 'app' },
    status: {
      kills: 12,
      hiddenKills: 9,
      firstSeen: '2026-02-20T10:00:00Z',
      lastSeen: '2026-03-01T12:57:30Z',
      byScope: { ContainerLimit: 12 },
      byNode: { 'node-a': 2, 'node-b': 10 },
      limitKib: 65_536,
      peakRssKib: 65_012,
      last: { time: NOW, victim: 'eater', node: 'node-a', scope: 'ContainerLimit', limit: '64Mi', rss: '63.5Mi' },
      lastKills: [
        {
          ...kill,
          time: '2026-03-01T12:57:00Z',
          sequence: 425,
          podName: 'web-abc-1',
          victimPid: 8123,
          victimCommand: 'eater',
          victimRssKib: 65_012,
          limitKib: 65_536,
          trigger: 'eater(8123), order 0',
          candidates:
            '\n      PID   COMMAND  RSS     SWAP  ADJ  BADNESS  SCORE\n      8100  sh       400Ki   -     0    101      -',
        },
        {
          ...kill,
          time: '2026-03-01T09:00:00Z',
          sequence: 420,
          victimPid: 7,
          victimCommand: 'x\\x1b[2J',
          hidden: 'No',
        },
      ],
      conditions: [{ type: 'Ready', status: 'True', reason: 'Counted', message: 'all kills are counted' }],
      ...status,
    },
  }
}

function nodeReport() {
  return {
    apiVersion: 'oomkeeper.io/v1alpha1',
    kind: 'NodeOOMReport',
    metadata: { name: 'node-a' },
    spec: { node: 'node-a' },
    status: {
      kills: 1,
      withoutVictim: 1,
      firstSeen: '2026-03-01T11:00:00Z',
      lastSeen: '2026-03-01T11:00:00Z',
      byScope: { Node: 2 },
      byReason: { OutsidePod: 1, NoKillable: 1 },
      last: { victim: 'cron', node: 'node-a', scope: 'Node', reason: 'OutsidePod' },
      lastKills: [{ time: '2026-03-01T11:00:00Z', node: 'node-a', sequence: 9, victimPid: 44, victimCommand: 'cron' }],
      conditions: [],
    },
  }
}

export function noticeOf(changes: Partial<KillNotice> = {}): KillNotice {
  return {
    version: 1,
    streamSequence: 7,
    node: 'node-a',
    bootId: BOOT_ID,
    sequence: 425,
    killedAt: '2026-03-01T12:57:00.000Z',
    source: 'kmsg',
    outcome: 'killed',
    scope: 'ContainerLimit',
    limitKib: 65_536,
    victimPid: 8123,
    victimCommand: 'eater',
    victimRssKib: 65_012,
    namespace: 'shop',
    podName: 'web-abc-1',
    containerName: 'app',
    ...changes,
  }
}
