import { applyCrds, untilReady, type OperatorProcess } from '../support/stack.ts'
import { waitUntil } from '../cluster/process/wait.ts'
import { OperatorWorld } from '../integration/operatorWorld.ts'
import { DirectApi } from './directApi.ts'
import { readGauge } from './operatorGauges.ts'
import { nodeName } from './population.ts'
import { Population } from './populate.ts'
import { SimulatedNodes, type NodeLife } from './simulatedNodes.ts'
import type { ScaleSizes } from './sizes.ts'
import { LIMIT_NAMESPACE } from './writeLimit.ts'
import { WriteWatch } from './writeWatch.ts'

const SYNC_DEADLINE_MS = 180_000

/** Real nats-server, etcd with fsync, kube-apiserver and operator, with nodes and pods that are as many as one likes. */
export class ScaleWorld {
  readonly world: OperatorWorld
  readonly api: DirectApi
  readonly population: Population
  readonly nodes: SimulatedNodes
  readonly operator: OperatorProcess
  readonly writeWatch: WriteWatch
  /** Kills by `namespace/name` of their report. */
  readonly expected = new Map<string, number>()

  private constructor(world: OperatorWorld, api: DirectApi, operator: OperatorProcess, live?: NodeLife) {
    this.world = world
    this.api = api
    this.operator = operator
    this.population = new Population(api)
    this.nodes = new SimulatedNodes(world.nats, world.folder, live)
    this.writeWatch = new WriteWatch(api, LIMIT_NAMESPACE)
  }

  /**
   * @param operatorEnv Of the operator's process, `NODE_OPTIONS` say.
   * @param live What each node does beside killing.
   */
  static async start(
    maxNodes: number,
    operatorEnv: Readonly<Record<string, string>> = {},
    live?: NodeLife,
  ): Promise<ScaleWorld> {
    const nodes = Array.from({ length: maxNodes }, (_, index) => nodeName(index))
    const world = await OperatorWorld.start({ nodes, fsync: true })
    try {
      await applyCrds(world.api.kubectl)
      const operator = await world.startOperator(operatorEnv)
      await untilReady(operator)
      return new ScaleWorld(world, new DirectApi(world.api.access), operator, live)
    } catch (error) {
      await world.endOperators()
      await world.dispose()
      throw error
    }
  }

  /** Resolves when the operator knows each pod, and each node is connected. */
  async growTo(sizes: ScaleSizes): Promise<void> {
    await this.population.growTo(sizes)
    await this.nodes.connect(Array.from({ length: sizes.nodes }, (_, index) => nodeName(index)))
    const known = async () => (await readGauge(this.operator, 'pods_cached')) >= sizes.pods || undefined
    await waitUntil(`${sizes.pods} pods to be known`, known, { deadlineMs: SYNC_DEADLINE_MS })
  }

  /** Writes of reports' status that were answered with 200, by the apiserver's own count. */
  async readStatusWrites(): Promise<number> {
    const metrics = await this.api.request('GET', '/metrics')
    const samples = metrics.matchAll(/^apiserver_request_total\{([^}]*)\} (\S+)$/gm)
    let writes = 0
    for (const [, labels = '', value] of samples) {
      if (WRITTEN.every((label) => labels.includes(label))) writes += Number(value)
    }
    return writes
  }

  /** Until no kill waits to be judged: then nothing is written. */
  async untilQuiet(deadlineMs: number): Promise<void> {
    let [last, sinceMs] = [-1, performance.now()]
    await waitUntil(
      'the reports to be left alone',
      () => {
        const { length } = this.writeWatch.writes
        if (length !== last) [last, sinceMs] = [length, performance.now()]
        return performance.now() - sinceMs > QUIET_MS || undefined
      },
      { deadlineMs, everyMs: 200 },
    )
  }

  async dispose(): Promise<void> {
    await this.writeWatch.stop()
    await this.nodes.close()
    this.api.close()
    await this.operator.program.stop()
    await this.world.dispose()
  }
}

const WRITTEN = ['code="200"', 'group="oomkeeper.io"', 'resource="oomreports"', 'subresource="status"', 'verb="PUT"']
/** Longer than it takes until a kill is judged. */
const QUIET_MS = 33_000
