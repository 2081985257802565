import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { downCluster, reserveCluster } from '../cluster/cluster.ts'
import { errorMessage } from '../cluster/process/wait.ts'
import { nextSequence } from '../support/kernelLog.ts'
import { Stack, untilReady } from '../support/stack.ts'
import { namespaceManifest } from '../support/workload.ts'
import { measureIdle, startBareNode } from './idle.ts'
import { measurePods, measureReports } from './killToVisible.ts'
import { percentile, summarize } from './percentile.ts'
import { calibratePrintkClock } from './printkClock.ts'

const NAMESPACE = 'bench'
const KILLS = 30
const PEER_KILLS = 7
const idleMinutes = Number(process.env['IDLE_MINUTES'] ?? 1)

async function bench(): Promise<string> {
  const build = spawnSync(process.execPath, ['hack/bundle.ts'], { stdio: 'inherit' })
  if (build.status !== 0) throw new Error('the programs could not be bundled')
  const log = (line: string) => console.log(line)
  const cluster = await reserveCluster({ log, ownerPid: process.pid })
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-bench-'))
  const bare = startBareNode()
  let stack: Stack | undefined
  try {
    const fromSequence = nextSequence()
    stack = await Stack.start(cluster, { node: cluster.node, folder })
    await untilReady(stack.agent)
    await cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(namespaceManifest(NAMESPACE)) })
    const measured = { cluster, namespace: NAMESPACE, fromSequence, toWallMs: calibratePrintkClock() }

    log(`kill → visible: ${KILLS} kills of a child, one a second …`)
    const reports = await measureReports(measured, KILLS)
    log(`  kubectl get oomreports -w: ${summarize(reports, 'ms')}`)
    log(`the peer, Kubernetes itself: ${PEER_KILLS} kills of a PID 1 (of a child it shows nothing) …`)
    const pods = await measurePods(measured, PEER_KILLS)
    log(`  kubectl get pods -w:       ${summarize(pods, 'ms')}`)

    log(`idle for ${idleMinutes} min …`)
    const pids = { 'bare node': bare.pid, agent: stack.agent.program.pid, operator: stack.operator.program.pid }
    const costs = await measureIdle(pids, idleMinutes)
    for (const [name, { rssMib, privateMib, cpuPercent }] of Object.entries(costs)) {
      log(
        `  ${name.padEnd(10)} RSS ${rssMib.toFixed(1)} MiB, private ${privateMib.toFixed(1)} MiB, ${cpuPercent.toFixed(3)} % of a core`,
      )
    }
    const ratio = (percentile(reports, 50) / percentile(pods, 50)).toFixed(3)
    const agent = costs['agent']?.privateMib ?? Number.NaN
    const floor = costs['bare node']?.privateMib ?? Number.NaN
    return `kill → visible at the median ${ratio} of Kubernetes' own, agent ${(agent / floor).toFixed(2)} × a bare Node's private memory`
  } finally {
    bare.stop()
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
    await downCluster(() => undefined)
    cluster.release()
  }
}

try {
  console.log(`bench ok: ${await bench()}`)
} catch (error) {
  console.log(`bench failed: ${errorMessage(error)}`)
  process.exit(3)
}
