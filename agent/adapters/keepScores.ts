import { uptime } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { memoryCgroupRoot } from '#program/adapters/cgroupFiles.ts'
import type { FlagValues } from '#program/flags.ts'
import { TokenBucket } from '#program/tokenBucket.ts'
import { Adjuster } from '../adjust/adjuster.ts'
import { Hold } from '../adjust/hold.ts'
import { KillScopes } from '../adjust/killScopes.ts'
import { countLeft, type LeftPorts } from '../adjust/left.ts'
import { Wake } from '../adjust/wake.ts'
import type { agentFlags } from '../config.ts'
import { describeScoresLeft } from '../errors.ts'
import type { AgentMetrics } from '../metrics.ts'
import { AuditTrail } from './auditTrail.ts'
import { CgroupWatch } from './cgroupWatch.ts'
import type { NestWatch } from './containerCgroups.ts'
import { ContainerProcesses } from './containerProcesses.ts'
import { DesiredFile } from './desiredFile.ts'
import { DesiredLink } from './desiredLink.ts'
import { KillScopeFile } from './killScopeFile.ts'
import type { KillPublisher } from './killPublisher.ts'
import { KILL_SCOPES, OriginalsFile, SCORES } from './originalsFile.ts'
import { readOwnPid } from './readOwnPid.ts'
import { runAdjustments } from './runAdjustments.ts'
import type { StatusTeller } from './statusTeller.ts'

export interface ScoreSurroundings {
  bootId: string
  publisher: Pick<KillPublisher, 'connection' | 'trouble'>
  metrics: Pick<AgentMetrics, 'auditStored' | 'auditDropped'>
  teller: StatusTeller
  monotonicMs: () => number
  logger: Logger
}

/** Keeps the scores of this node as its mode lets it, and tells what became of it, until the signal is aborted. */
export async function keepScores(
  flags: FlagValues<typeof agentFlags>,
  surroundings: ScoreSurroundings,
  signal: AbortSignal,
): Promise<void> {
  const { bootId, logger } = surroundings
  const instant = () => ({ wallMs: Date.now(), uptimeMs: uptime() * 1_000 })
  const scores = new OriginalsFile(flags.stateDir, SCORES, bootId, instant, logger)
  const killScopes = new OriginalsFile(flags.stateDir, KILL_SCOPES, bootId, instant, logger)
  const cgroupRoot = memoryCgroupRoot(flags.cgroupRoot)
  const killScopeFile = new KillScopeFile(cgroupRoot)
  if (flags.mode === 'detect') {
    const processes = new ContainerProcesses(flags.proc, cgroupRoot, NO_WATCH)
    const ports: LeftPorts = {
      observe: (wanted) => processes.observe(wanted),
      readKillScope: (container) => killScopeFile.read(container),
    }
    const readLeft = () => countLeft(scores.read(), killScopes.read(), ports)
    const left = readLeft()
    if (left > 0) logger.warn(describeScoresLeft(left))
    await surroundings.teller.run(signal, readLeft)
    return
  }
  const wake = new Wake()
  const watch = new CgroupWatch(() => wake.call(), logger)
  const processes = new ContainerProcesses(flags.proc, cgroupRoot, watch)
  const trail = auditTrail(flags.node, surroundings)
  const { monotonicMs } = surroundings
  // What is lost is known once they are read.
  const [ownScores, ownKillScopes] = [scores.read(), killScopes.read()]
  const adjuster = new Adjuster(ownScores, {
    observe: (wanted, extent) => processes.observe(wanted, extent),
    readFacts: (pid, facts) => processes.readFacts(pid, facts),
    write: (containerId, process, oomScoreAdj) => processes.write(containerId, process, oomScoreAdj),
    killScopes: new KillScopes(ownKillScopes, {
      maySet: flags.mode === 'full',
      read: (container) => killScopeFile.read(container),
      write: (container, scope) => killScopeFile.write(container, scope),
      save: (own) => killScopes.write(own),
      lostAtTicks: killScopes.lostAtTicks,
    }),
    noteWrite: (note) => trail.note(note),
    isOfNode: (pid) => processes.isOfNode(pid),
    mayLower: flags.mode === 'full',
    ownPid: readOwnPid(flags.proc),
    budget: new TokenBucket(flags.scoreWritesPerSecond, 1_000 / flags.scoreWritesPerSecond, monotonicMs()),
    monotonicMs,
    saveOriginals: (containers) => scores.write(containers),
    originalsLostAtTicks: scores.lostAtTicks,
  })
  const desiredFile = new DesiredFile(flags.stateDir, logger)
  const moment = () => ({ bootId, monotonicMs: monotonicMs(), wallMs: Date.now() })
  const hold = new Hold(desiredFile.readConfirmation(), moment, (last) => desiredFile.writeConfirmation(last))
  const link = new DesiredLink(flags.node, surroundings.publisher.connection, desiredFile, logger)
  const now = () => new Date()
  await Promise.all([
    trail.run(signal),
    runAdjustments(link, adjuster, hold, wake, surroundings.teller, logger, now, signal),
  ])
  watch.close()
}

/** What has come to be since is found by looking. */
const NO_WATCH: NestWatch = {
  watch: () => undefined,
  watchAlso: () => undefined,
  isWatched: () => false,
  takeChanged: () => new Set(),
}

function auditTrail(node: string, { publisher, metrics, logger }: ScoreSurroundings): AuditTrail {
  return new AuditTrail(
    node,
    {
      isConnected: () => publisher.trouble === undefined,
      publish: async (subject, payload) => (await publisher.connection).jetstream().publish(subject, payload),
      now: () => new Date(),
      sleep: (ms, until) => sleep(ms, undefined, { signal: until }).catch(() => undefined),
      onStored: () => metrics.auditStored.inc(),
      onDropped: () => metrics.auditDropped.inc(),
    },
    logger,
  )
}
