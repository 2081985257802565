import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { downCluster, reserveCluster } from '../cluster/cluster.ts'
import { errorMessage } from '../cluster/process/wait.ts'
import { bundlePrograms } from '../support/bundlePrograms.ts'
import { InstalledProduct } from '../support/installedProduct.ts'
import { nextSequence } from '../support/kernelLog.ts'
import { namespaceManifest } from '../support/workload.ts'
import { measureIdle, startBareNode } from './idle.ts'
import { measurePods, measureReports } from './killToVisible.ts'
import { percentile, summarize } from './percentile.ts'
import { calibratePrintkClock } from './printkClock.ts'
import { measureScores } from './startToScore.ts'

const NAMESPACE = 'bench'
const KILLS = 30
const PEER_KILLS = 7
/** A hundred and more say something of the slowest. */
const SCORED_PODS = Number(process.env['SCORED_PODS'] ?? 10)
const idleMinutes = Number(process.env['IDLE_MINUTES'] ?? 1)

async function bench(): Promise<string> {
  bundlePrograms()
  const log = (line: string) => console.log(line)
  const cluster = await reserveCluster({ log, ownerPid: process.pid })
  const folder = mkdtempSync(join(tmpdir(), 'oomkeeper-bench-'))
  const bare = startBareNode()
  try {
    const product = await InstalledProduct.prepare(cluster, folder, log)
    const fromSequence = nextSequence()
    const { secondsToReady } = await product.install()
    log(`helm install until every pod is ready: ${secondsToReady.toFixed(1)} s`)
    await cluster.kubectl(['apply', '-f', '-'], { stdin: JSON.stringify(namespaceManifest(NAMESPACE)) })
    const measured = { cluster, namespace: NAMESPACE, fromSequence, toWallMs: calibratePrintkClock() }

    log(`kill → visible: ${KILLS} kills of a child, one in three seconds …`)
    const reports = await measureReports(measured, KILLS)
    log(`  kubectl get oomreports -w: ${summarize(reports, 'ms')}`)
    log(`the peer, Kubernetes itself: ${PEER_KILLS} kills of a PID 1 (of a child it shows nothing) …`)
    const pods = await measurePods(measured, PEER_KILLS)
    log(`  kubectl get pods -w:       ${summarize(pods, 'ms')}`)

    log(`program → score: ${SCORED_PODS} new pods of a policy …`)
    const starts = await measureScores(cluster, NAMESPACE, SCORED_PODS)
    const unseen = starts.filter(({ isExecSeen }) => !isExecSeen).length
    if (unseen > 0) log(`  of ${unseen} the exec was not seen, but that they ran: it was before what is told of them`)
    const sinceExecMs = starts.map((start) => Math.max(0, start.sinceExecMs))
    const before = starts.filter((start) => start.sinceExecMs < 0).map((start) => -start.sinceExecMs)
    const early = before.length === 0 ? '' : `, ${percentile(before, 50).toFixed(1)} ms at the median`
    const runtimeMs = starts.map((start) => start.runtimeMs)
    log(`  since the program's exec: ${summarize(sinceExecMs, 'ms')}; ${before.length} had it before${early}`)
    log(`  the runtime's own, from its process to that exec: ${summarize(runtimeMs, 'ms')}`)

    log(`idle for ${idleMinutes} min …`)
    const [agentProcess, operatorProcess] = [await product.processOf('agent'), await product.processOf('operator')]
    const pids = { 'bare node': bare.pid, agent: agentProcess.pid, operator: operatorProcess.pid }
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
