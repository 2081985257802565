import { attachCluster, type Cluster } from './attach.ts'
import { downCluster, ensureCluster, findClusterProblem, type EnsureOptions } from './cluster.ts'
import { requireRights } from './host/requirements.ts'
import { LOCK_FILE } from './names.ts'
import { isAlive } from './process/identity.ts'
import { holdsLock, releaseLock } from './process/lock.ts'
import { errorMessage } from './process/wait.ts'
import { readRecord } from './record.ts'
import { leftoversExist, takeDown, type TakenDown } from './takeDown.ts'

const USAGE = `usage: cli.ts up [--nodes 1|2] [--owner-pid PID] | down | status | env

  up      the machine's test cluster: finds it healthy, or makes it; with two nodes the second is a virtual machine
  down    takes it down, and whatever a crash has left of it
  status  its processes and what is wrong with it (exit code 1 when it is not up)
  env     lines for a shell's eval: KUBECONFIG, PATH with kubectl, NATS_URL and the operator's user

exit codes: 0 fine, 1 not up, 2 bad usage, 3 the machine does not let it`

const log = (line: string): void => console.log(line)
const startedMs = performance.now()

/** Everything here is root's, also what it reads. */
async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args
  const options = parseOptions(rest)
  if (options === undefined || (command !== 'up' && rest.length > 0)) return usage()
  const commands = { up: () => up(options), down, status, env }
  if (command === undefined || !Object.hasOwn(commands, command)) return usage()
  try {
    requireRights()
    return await commands[command as keyof typeof commands]()
  } catch (error) {
    return failed(`cluster-${command}`, error)
  }
}

function usage(): number {
  console.error(USAGE)
  return 2
}

/** @returns undefined for what is no option of `up` */
function parseOptions(args: readonly string[]): Omit<EnsureOptions, 'log'> | undefined {
  const options: Omit<EnsureOptions, 'log'> = {}
  for (let at = 0; at < args.length; at += 2) {
    const value = Number(args[at + 1])
    if (args[at] === '--owner-pid' && Number.isSafeInteger(value)) options.ownerPid = value
    else if (args[at] === '--nodes' && (value === 1 || value === 2)) options.nodes = value
    else return undefined
  }
  return options
}

async function up(options: Omit<EnsureOptions, 'log'>): Promise<number> {
  takeDownOnInterrupt()
  const cluster = await ensureCluster({ log, ...options })
  const found = cluster.created ? '' : 'found it up, '
  const figures = `${cluster.partNames.length} processes, ${elapsed()} (kubeconfig ${cluster.kubeconfig})`
  const nodes = `${cluster.nodes.length === 1 ? 'node' : 'nodes'} ${cluster.nodes.join(', ')}`
  log(`cluster-up ok: ${found}${nodes} Ready, ${figures}`)
  return 0
}

/** The evidence first: the last line is the one that counts. */
function failed(target: string, error: unknown): number {
  const [reason, ...evidence] = errorMessage(error).split('\n')
  for (const line of evidence) log(line)
  log(`${target} failed: ${reason}`)
  return 3
}

async function down(): Promise<number> {
  const there = leftoversExist()
  const taken = await downCluster(log)
  log(`cluster-down ok: ${there ? `${countTaken(taken)}, ${elapsed()}` : 'nothing was up'}`)
  return 0
}

async function status(): Promise<number> {
  const record = readRecord()
  if (record === undefined) {
    log(leftoversExist() ? 'not up, but something is left of one: run cluster-down' : 'not up')
    return 1
  }
  log(`of ${record.owner.checkout}, since ${record.startedAt}`)
  for (const part of [record.holder, ...record.parts]) {
    if (part !== undefined) log(`${part.name.padEnd(24)} pid ${part.pid} ${isAlive(part) ? 'running' : 'ended'}`)
  }
  const problem = await findClusterProblem(record)
  log(problem === undefined ? 'healthy' : `not healthy: ${problem}`)
  return problem === undefined ? 0 : 1
}

function env(): number {
  const record = readRecord()
  if (record?.phase !== 'up') {
    console.error('expected a cluster that is up; run "make cluster-up" first')
    return 1
  }
  for (const [name, value] of shellVariables(attachCluster(record))) log(`export ${name}='${value}'`)
  log(`export PATH='${record.programs.kubernetes}':"$PATH"`)
  return 0
}

function shellVariables({ kubeconfig, nats }: Cluster): [string, string][] {
  const { user, password } = nats.users.operator
  return [
    ['KUBECONFIG', kubeconfig],
    ['NATS_URL', nats.url],
    ['NATS_USER', user],
    ['NATS_PASSWORD', password],
  ]
}

function countTaken({ processes, cgroups, links, mounts, sysctls }: TakenDown): string {
  return `${processes} processes, ${cgroups} cgroups, ${links} network devices and ${mounts} mounts removed, ${sysctls} sysctls set back`
}

/** The parts are sessions of their own, so Ctrl-C reaches only this process, which takes back what it has begun. */
function takeDownOnInterrupt(): void {
  const interrupt = async (signal: NodeJS.Signals): Promise<void> => {
    const begun = holdsLock(LOCK_FILE) && readRecord()?.phase === 'starting'
    if (begun) await takeDown()
    releaseLock(LOCK_FILE)
    log(`cluster-up failed: interrupted by ${signal}${begun ? ', what was begun is taken down' : ''}`)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupt(signal)
        .catch((error: unknown) => failed('cluster-up', error))
        .finally(() => process.exit(3))
    })
  }
}

function elapsed(): string {
  const seconds = (performance.now() - startedMs) / 1000
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
}

process.exitCode = await main(process.argv.slice(2))
