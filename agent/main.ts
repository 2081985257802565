import './adapters/smallHeap.ts'
import { setImmediate } from 'node:timers/promises'
import { inboxPrefix } from '#contract/subjects.ts'
import { loginOf } from './adapters/loginOf.ts'
import { startHealthServer } from '#program/adapters/healthServer.ts'
import { CgroupFiles } from '#program/adapters/cgroupFiles.ts'
import { ProcFiles } from '#program/adapters/procFiles.ts'
import { runProgram } from '#program/run.ts'
import { VERSION } from '#program/version.ts'
import { CursorFile } from './adapters/cursorFile.ts'
import { isKmsgDevice } from './adapters/isKmsgDevice.ts'
import { KillPublisher } from './adapters/killPublisher.ts'
import { KmsgDevice } from './adapters/kmsgDevice.ts'
import { KmsgRecording } from './adapters/kmsgRecording.ts'
import { LedgerFile } from './adapters/ledgerFile.ts'
import { keepScores } from './adapters/keepScores.ts'
import { knowProcesses } from './adapters/knowProcesses.ts'
import { missingRights } from './adapters/missingRights.ts'
import { raiseOwnPriority } from './adapters/ownPriority.ts'
import { lowerOwnScore } from './adapters/ownScore.ts'
import { readNodeRoot } from './adapters/readNodeRoot.ts'
import { readOwnPid } from './adapters/readOwnPid.ts'
import { ProcFs } from './adapters/procFs.ts'
import { respondToRank } from './adapters/rankResponder.ts'
import { SpoolFolder } from './adapters/spoolFolder.ts'
import { StatusTeller } from './adapters/statusTeller.ts'
import { Agent } from './agent.ts'
import type { UnexplainedKills } from './completeness/recovery.ts'
import { agentFlags } from './config.ts'
import type { NodeRoot } from './cgroup/nodeRoot.ts'
import { readGroupKill } from './cgroup/memoryFiles.ts'
import { ContextReader } from './event/contextReader.ts'
import { groupInLog, groupReader } from './event/groupKill.ts'
import { locateInLog } from './event/victimPlace.ts'
import { DomainRanking } from './rank/domainRanking.ts'
import { RankService } from './rank/rankService.ts'
import { scanScope } from './rank/scan.ts'

function monotonicUsec(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

const monotonicMs = () => monotonicUsec() / 1000

// Not awaited: a module that waits for its own end stays in memory with all that it ran once, a third of a MiB.
void runProgram({
  name: 'oomkeeper-agent',
  version: VERSION,
  flags: agentFlags,
  async main(flags, logger, signal) {
    const procFiles = new ProcFiles(flags.proc)
    const proc = new ProcFs(procFiles)
    const device = isKmsgDevice(flags.kmsg)
    const recording = device ? undefined : new KmsgRecording(flags.kmsg, flags.kmsgPace)
    const publisher = new KillPublisher(
      {
        url: flags.natsUrl,
        login: loginOf(flags, logger),
        caFile: flags.natsCaFile,
        inboxPrefix: inboxPrefix(flags.node),
        clientName: `oomkeeper-agent ${flags.node}`,
      },
      logger,
      signal,
    )
    const cgroups = new CgroupFiles(flags.cgroupRoot)
    const account = {
      readAccountedKills: () => agent.accountedKills,
      onUnexplained: (found: readonly UnexplainedKills[]) => agent.foundUnexplained(found),
    }
    const known = knowProcesses(procFiles, proc, cgroups, account, monotonicMs, logger)
    const contextReader = new ContextReader({ files: procFiles, cgroups, monotonicMs })
    const domainRanking = new DomainRanking(procFiles, monotonicMs, cgroups)
    const scanned = { files: procFiles, cgroups, endTurn: setImmediate }
    const rankService = new RankService({
      node: flags.node,
      scan: (scope, top) => scanScope(scanned, scope, top),
      groupOf: (path, domainPath) => readGroupKill(cgroups, path, domainPath),
      now: Date.now,
    })
    publisher.connection.then(
      (connection) => respondToRank(connection, flags.node, rankService, logger),
      // Aborted while connecting.
      () => undefined,
    )
    const nodeRoot: NodeRoot =
      recording === undefined
        ? readNodeRoot(
            { files: procFiles, proc, cgroups },
            { configured: flags.nodeCgroup, ownPid: readOwnPid(flags.proc) },
            logger,
          )
        : { kind: 'whole' }
    const bootId = recording === undefined ? proc.readBootId() : (flags.bootId ?? recording.bootId)
    // A recording's time stamps are another boot's: its kills happen as they are told.
    const monotonicNow = () => (recording === undefined ? monotonicUsec() : 0)
    const agent = new Agent(
      {
        node: flags.node,
        bootId,
        source: recording === undefined ? 'kmsg' : 'recording',
        pageSizeKib: proc.readPageSizeKib(),
        // A recording's processes are not this machine's.
        readLive: (pid, command) => (recording === undefined ? proc.readLive(pid, command) : undefined),
        nodeRoot,
        locate: recording === undefined ? known.locate : locateInLog,
        readGroup: recording === undefined ? groupReader(cgroups) : groupInLog,
        readContext: recording === undefined ? contextReader.read : () => undefined,
        foresee: recording === undefined ? known.foresee : () => undefined,
        rankDomain: (kill) => (recording === undefined ? domainRanking.rank(kill) : undefined),
      },
      {
        source: recording ?? new KmsgDevice(flags.kmsg, logger),
        publisher,
        cursorFile: new CursorFile(flags.stateDir, logger),
        ledgerFile: new LedgerFile(flags.stateDir, logger),
        // A recording's kills are not those that this kernel counts.
        readKernelKills: () => (recording === undefined ? proc.readOomKillCount() : undefined),
        counters: recording === undefined ? known.counters : undefined,
        readCgroupId: (cgroupPath) => cgroups.readId(cgroupPath),
        openSpool: (onDropped) =>
          new SpoolFolder(flags.stateDir, {
            maxBytes: flags.spoolMaxBytes,
            now: () => ({ bootId, monotonicUsec: monotonicNow() }),
            onDropped,
            logger,
          }),
        now: () => ({ wallMs: Date.now(), monotonicUsec: monotonicNow() }),
        random: Math.random,
        logger,
      },
    )
    if (recording === undefined) {
      raiseOwnPriority(logger, flags.mode)
      lowerOwnScore(logger, flags.mode)
    }
    const missing = recording === undefined ? missingRights(proc, cgroups, flags.cgroupRoot, nodeRoot, logger) : []
    const health = await startHealthServer(flags.listen, {
      notReady: () => [...agent.notReady(), ...missing],
      metrics: agent.metrics.registry,
    })
    // A recording's processes are not this machine's.
    const watching = recording === undefined ? known.watch.run(signal) : undefined
    const teller = new StatusTeller(flags, publisher.connection, () => agent.completeness, logger)
    // A recording's processes are not this machine's.
    const surroundings = { bootId, publisher, metrics: agent.metrics, teller, monotonicMs, logger }
    const scores = recording === undefined ? keepScores(flags, surroundings, signal) : undefined
    await Promise.all([agent.run(signal), scores])
    await watching
    health.close()
    await publisher.close()
  },
})
