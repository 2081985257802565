import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { attachCluster, type Cluster } from './attach.ts'
import { bringUp } from './bringUp.ts'
import { ensureBuilt, type Log } from './build/ensureBuilt.ts'
import { COREDNS, ETCD, IMAGES, KUBERNETES, NATS } from './build/goModule.ts'
import { ADMIN_KUBECONFIG } from './clusterFiles.ts'
import { findProblem } from './health.ts'
import { ensureRequirements, requireRights } from './host/requirements.ts'
import { readKubeletSysctls } from './host/sysctls.ts'
import { LOCK_FILE, NODE_NAME, RESERVATION_FILE, SECOND_NODE, STATE_FOLDER } from './names.ts'
import { makeNatsUsers } from './nats/server.ts'
import { judgeOwner, type Owner } from './owner.ts'
import { readKubeconfig } from './parts/kubeconfig.ts'
import { identifyProcess, isAlive, readBootId } from './process/identity.ts'
import { acquireLock, withLock } from './process/lock.ts'
import { errorMessage } from './process/wait.ts'
import { readRecord, saveRecord, type ClusterRecord, type Programs } from './record.ts'
import { leftoversExist, takeDown, type TakenDown } from './takeDown.ts'
import { ensureMachine } from './vm/requirements.ts'

const CHECKOUT = dirname(dirname(import.meta.dirname))
/** Agents that may connect to the cluster's nats-server: the node's own, and a second one to be kept apart from it. */
const NATS_NODES = [NODE_NAME, SECOND_NODE.name]

export interface EnsureOptions {
  log: Log
  /** The process for which the cluster is: when it has died, anyone may take it down. Without, it is the checkout's. */
  ownerPid?: number
  /** 1 if not given. With 2, one of them is a virtual machine. A running cluster of another number is made anew. */
  nodes?: NodeCount
}

export type NodeCount = 1 | 2

/** The machine's test cluster: the healthy one of this checkout, or a new one (`created`). */
export async function ensureCluster(options: EnsureOptions): Promise<Cluster & { created: boolean }> {
  const { log } = options
  requireRights()
  refuseOthers(readRecord()) // Before a build that takes its time.
  const programs = await prepare(options)
  return locked(log, async () => {
    const running = await reuse(programs, options)
    if (running !== undefined) return { ...attachCluster(running), created: false }
    if (leftoversExist()) await takeDown()
    mkdirSync(STATE_FOLDER, { recursive: true, mode: 0o755 })
    const record = draftRecord(programs, options.ownerPid)
    try {
      await bringUp(record, log)
    } catch (error) {
      await takeDown({ keepLogs: true })
      throw new Error(`${errorMessage(error)}\n(all logs: ${join(STATE_FOLDER, 'log')})`, { cause: error })
    }
    return { ...attachCluster(record), created: true }
  })
}

/** The same for a test file that wants the cluster to itself: others wait for their turn until it is released. */
export async function reserveCluster(options: EnsureOptions): Promise<Cluster & { release: () => void }> {
  const onWait = ({ pid }: { pid: number }): void => options.log(`waiting for the cluster, reserved by pid ${pid}`)
  requireRights()
  const release = await acquireLock(RESERVATION_FILE, { deadlineMs: 1_200_000, onWait })
  try {
    return { ...(await ensureCluster(options)), release }
  } catch (error) {
    release()
    throw error
  }
}

/** Takes down this checkout's cluster, or one whose owner is gone, and whatever a crash has left. */
export async function downCluster(log: Log): Promise<TakenDown> {
  requireRights()
  return locked(log, async () => {
    refuseOthers(readRecord())
    return takeDown()
  })
}

/** What is wrong with the running cluster, or undefined when it works. */
export function findClusterProblem(record: ClusterRecord): Promise<string | undefined> {
  return findProblem(record, () => readKubeconfig(ADMIN_KUBECONFIG))
}

async function prepare({ log, nodes = 1 }: EnsureOptions): Promise<Programs> {
  const cniPlugins = await ensureRequirements(log)
  const nats = await ensureBuilt(NATS, log)
  const images = await ensureBuilt(IMAGES, log)
  const etcd = await ensureBuilt(ETCD, log)
  const kubernetes = await ensureBuilt(KUBERNETES, log)
  const coredns = await ensureBuilt(COREDNS, log)
  const one = { cniPlugins, nats, images, etcd, kubernetes, coredns }
  return nodes === 1 ? one : { ...one, secondNode: await ensureMachine(kubernetes, log) }
}

function locked<T>(log: Log, work: () => Promise<T>): Promise<T> {
  const onWait = ({ pid }: { pid: number }): void => log(`waiting for another cluster-up or cluster-down (pid ${pid})`)
  return withLock(LOCK_FILE, { deadlineMs: 180_000, onWait }, work)
}

async function reuse(programs: Programs, { log, ownerPid }: EnsureOptions): Promise<ClusterRecord | undefined> {
  const record = readRecord()
  if (record === undefined) return undefined
  if (refuseOthers(record) === 'gone') {
    log(`taking down a cluster whose owner is gone (${record.owner.checkout})`)
    return undefined
  }
  const problem = differenceOf(record.programs, programs) ?? (await findClusterProblem(record))
  if (problem !== undefined) {
    log(`taking down a cluster that cannot be used: ${problem}`)
    return undefined
  }
  if (ownerPid === undefined && record.owner.process !== undefined) {
    record.owner = { checkout: CHECKOUT } // A run's cluster is kept from now on.
    saveRecord(record)
  }
  return record
}

function differenceOf(running: Programs, wanted: Programs): string | undefined {
  const count = ({ secondNode }: Programs): string => (secondNode === undefined ? '1 node' : '2 nodes')
  if (count(running) !== count(wanted)) return `it has ${count(running)}, not ${count(wanted)}`
  return isDeepStrictEqual(running, wanted) ? undefined : 'its programs are of another version'
}

function refuseOthers(record: ClusterRecord | undefined): 'ours' | 'gone' {
  if (record === undefined) return 'gone'
  const sameBoot = record.bootId === readBootId()
  const verdict = judgeOwner(record.owner, { thisCheckout: CHECKOUT, sameBoot, checkoutExists: existsSync, isAlive })
  if (verdict !== 'other') return verdict
  const { checkout, process: run } = record.owner
  const who = run === undefined ? checkout : `${checkout} (pid ${run.pid})`
  throw new Error(
    `this machine's test cluster belongs to ${who}, since ${record.startedAt}: run "make cluster-down" there first`,
  )
}

function draftRecord(programs: Programs, ownerPid: number | undefined): ClusterRecord {
  const owner: Owner = { checkout: CHECKOUT }
  if (ownerPid !== undefined) owner.process = identifyProcess(ownerPid)
  return {
    format: 1,
    phase: 'starting',
    owner,
    bootId: readBootId(),
    startedAt: new Date().toISOString(),
    joinFiles: [],
    parts: [],
    natsUsers: makeNatsUsers(NATS_NODES),
    programs,
    sysctls: readKubeletSysctls(),
  }
}
