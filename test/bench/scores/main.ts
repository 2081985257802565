import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type KV } from 'nats'
import { desiredRuleOf } from '../../../agent/testing/rules.ts'
import { encodeDesiredState, type DesiredContainer } from '../../../contract/desiredState.ts'
import { DESIRED_BUCKET, nodeToken } from '../../../contract/subjects.ts'
import { startNats } from '../../cluster/privateServers.ts'
import { errorMessage, waitUntil } from '../../cluster/process/wait.ts'
import { startAgent } from '../../support/agentProcess.ts'
import { FakeContainer, removeFakeKubepods, scoreOf } from '../../support/fakeContainer.ts'
import { measureIdle } from '../idle.ts'
import { percentile, summarize } from '../percentile.ts'

const NODE = 'bench-node'
const SCORE = 800
const BOUND_MS = 50
const STARTS = Number(process.env['STARTS'] ?? 100)
/** The bound is for the first; what a crowd adds is told. */
const BESIDE = [10, 500]
const idleMinutes = Number(process.env['IDLE_MINUTES'] ?? 0.5)

interface Node {
  agentPid: number
  bucket: KV
  beside: FakeContainer[]
  /** Each of its pod has one, as every pod has. */
  sandboxes: FakeContainer[]
}

/** From when its program was about to begin; 0 where it had the score by then. What is left looks every half millisecond. */
async function startToScoreMs(container: FakeContainer): Promise<number> {
  const { pid, startedMs } = await container.runTimed()
  const file = `/proc/${pid}/oom_score_adj`
  const deadline = performance.now() + 10_000
  while (Number(readFileSync(file, 'utf8')) !== SCORE) {
    if (performance.now() > deadline)
      throw new Error(`expected ${file} to be ${SCORE} within 10 s, got ${scoreOf(pid)}`)
    Atomics.wait(NEVER, 0, 0, 0.5)
  }
  return Math.max(0, performance.timeOrigin + performance.now() - startedMs)
}

const NEVER = new Int32Array(new SharedArrayBuffer(4))

async function measure(
  { agentPid, bucket, beside, sandboxes }: Node,
  count: number,
): Promise<{ ms: number[]; cpu: number }> {
  const next = Array.from({ length: STARTS }, () => ({ podUid: randomUUID(), name: 'app' }))
  for (let index = beside.length; index < count; index++) {
    const container = new FakeContainer()
    const sandbox = new FakeContainer({ podUid: container.podUid, isSandbox: true })
    beside.push(container)
    sandboxes.push(sandbox)
    await container.run()
    await sandbox.run()
  }
  const containers: DesiredContainer[] = [
    ...beside.map(({ podUid, name, id }) => ({ podUid, name, containerId: id, rules: [0] })),
    ...next.map((named) => ({ ...named, rules: [0] })),
  ]
  const rules = [desiredRuleOf({ score: { value: SCORE } })]
  await bucket.put(nodeToken(NODE), encodeDesiredState({ version: 2, node: NODE, rules, containers }))
  const last = await beside.at(-1)?.run()
  const isRaised = () => (last !== undefined && scoreOf(last) === SCORE) || undefined
  await waitUntil('the containers beside to have their scores', isRaised, { deadlineMs: 30_000, everyMs: 20 })
  const ms: number[] = []
  for (const named of next) {
    const container = new FakeContainer(named)
    ms.push(await startToScoreMs(container))
    await container.remove()
  }
  await sleep(5_000)
  const { agent } = await measureIdle({ agent: agentPid }, idleMinutes)
  if (agent === undefined) throw new Error('expected the agent to be there')
  console.log(
    `beside ${count} containers: program to score ${summarize(ms, 'ms')}, ${before(ms)} of them had it before`,
  )
  console.log(
    `  then at rest ${agent.cpuPercent.toFixed(2)} % of a core, RSS ${agent.rssMib.toFixed(1)} MiB, private ${agent.privateMib.toFixed(1)} MiB`,
  )
  return { ms, cpu: agent.cpuPercent }
}

const before = (ms: readonly number[]): number => ms.filter((one) => one === 0).length

async function bench(): Promise<string> {
  const nats = await startNats({ nodes: [NODE], log: console.log })
  const { user, password } = nats.users.operator
  const connection = await connect({ servers: nats.url, user, pass: password })
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-scores-'))
  const beside: FakeContainer[] = []
  const sandboxes: FakeContainer[] = []
  try {
    const bucket = await connection.jetstream().views.kv(DESIRED_BUCKET, { history: 1, allow_direct: true })
    const agent = await startAgent({ node: NODE, nats, folder })
    try {
      const told: string[] = []
      let boundMs = 0
      for (const count of BESIDE) {
        const { ms, cpu } = await measure({ agentPid: agent.program.pid, bucket, beside, sandboxes }, count)
        const [p50, p99] = [percentile(ms, 50), percentile(ms, 99)]
        if (count === BESIDE[0]) boundMs = p99
        told.push(
          `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms beside ${count} containers (${cpu.toFixed(2)} % of a core at rest)`,
        )
      }
      if (boundMs > BOUND_MS)
        throw new Error(`expected a p99 of ${BOUND_MS} ms at most, got ${boundMs.toFixed(1)} ms: ${told.join('; ')}`)
      return `from a container's program to its score ${told.join('; ')}; ${STARTS} starts each`
    } finally {
      await agent.program.kill()
    }
  } finally {
    for (const container of [...sandboxes, ...beside]) await container.remove()
    if (beside.length > 0) removeFakeKubepods()
    await connection.close()
    await nats.dispose()
    rmSync(folder, { recursive: true, force: true })
  }
}

try {
  console.log(`bench-scores ok: ${await bench()}`)
} catch (error) {
  console.log(`bench-scores failed: ${errorMessage(error)}`)
  process.exit(3)
}
