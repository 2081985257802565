import './adapters/smallHeap.ts'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { inboxPrefix } from '#contract/subjects.ts'
import { startHealthServer } from '#program/adapters/healthServer.ts'
import { CgroupFiles, memoryCgroupRoot } from '#program/adapters/cgroupFiles.ts'
import { ProcFiles } from '#program/adapters/procFiles.ts'
import { runProgram } from '#program/run.ts'
import { TokenBucket } from '#program/tokenBucket.ts'
import { VERSION } from '#program/version.ts'
import { AuditTrail } from './adapters/auditTrail.ts'
import { CgroupWatch } from './adapters/cgroupWatch.ts'
import { ContainerProcesses } from './adapters/containerProcesses.ts'
import { CursorFile } from './adapters/cursorFile.ts'
import { DesiredFile } from './adapters/desiredFile.ts'
import { DesiredLink } from './adapters/desiredLink.ts'
import { isKmsgDevice } from './adapters/isKmsgDevice.ts'
import { KillPublisher } from './adapters/killPublisher.ts'
import { KmsgDevice } from './adapters/kmsgDevice.ts'
import { KmsgRecording } from './adapters/kmsgRecording.ts'
import { LedgerFile } from './adapters/ledgerFile.ts'
import { KILL_SCOPES, OriginalsFile, SCORES } from './adapters/originalsFile.ts'
import { knowProcesses } from './adapters/knowProcesses.ts'
import { missingRights } from './adapters/missingRights.ts'
import { raiseOwnPriority } from './adapters/ownPriority.ts'
import { readOwnPid } from './adapters/readOwnPid.ts'
import { ProcFs } from './adapters/procFs.ts'
import { respondToRank } from './adapters/rankResponder.ts'
import { runAdjustments } from './adapters/runAdjustments.ts'
import { SpoolFolder } from './adapters/spoolFolder.ts'
import { StatusTeller } from './adapters/statusTeller.ts'
import { Adjuster } from './adjust/adjuster.ts'
import { Hold } from './adjust/hold.ts'
import { KillScopes } from './adjust/killScopes.ts'
import { Wake } from './adjust/wake.ts'
import { Agent } from './agent.ts'
import type { UnexplainedKills } from './completeness/recovery.ts'
import { agentFlags } from './config.ts'
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

await runProgram({
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
        user: flags.natsUser,
        passwordFile: flags.natsPasswordFile,
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
    if (recording === undefined) raiseOwnPriority(logger)
    const missing = recording === undefined ? missingRights(proc, cgroups, flags.cgroupRoot, logger) : []
    const health = await startHealthServer(flags.listen, {
      notReady: () => [...agent.notReady(), ...missing],
      metrics: agent.metrics.registry,
    })
    // A recording's processes are not this machine's.
    const watching = recording === undefined ? known.watch.run(signal) : undefined
    const teller = new StatusTeller(flags.node, publisher.connection, () => agent.completeness, logger)
    // A recording's processes are not this machine's.
    if (flags.adjust === 'on' && recording === undefined) {
      const originals = new OriginalsFile(flags.stateDir, SCORES, bootId, logger)
      const ownKillScopes = new OriginalsFile(flags.stateDir, KILL_SCOPES, bootId, logger)
      const wake = new Wake()
      const watch = new CgroupWatch(() => wake.call(), logger)
      const cgroupRoot = memoryCgroupRoot(flags.cgroupRoot)
      const processes = new ContainerProcesses(flags.proc, cgroupRoot, watch)
      const { auditStored, auditDropped } = agent.metrics
      const trail = new AuditTrail(
        flags.node,
        {
          isConnected: () => publisher.trouble === undefined,
          publish: async (subject, payload) => (await publisher.connection).jetstream().publish(subject, payload),
          now: () => new Date(),
          sleep: (ms, until) => sleep(ms, undefined, { signal: until }).catch(() => undefined),
          onStored: () => auditStored.inc(),
          onDropped: () => auditDropped.inc(),
        },
        logger,
      )
      const killScopes = new KillScopes(ownKillScopes.read(), {
        read: (container) => processes.readKillScope(container),
        write: (container, scope) => processes.writeKillScope(container, scope),
        save: (own) => ownKillScopes.write(own),
      })
      const adjuster = new Adjuster(originals.read(), {
        observe: (wanted, extent) => processes.observe(wanted, extent),
        readFacts: (pid, facts) => processes.readFacts(pid, facts),
        write: (containerId, process, oomScoreAdj) => processes.write(containerId, process, oomScoreAdj),
        killScopes,
        noteWrite: (note) => trail.note(note),
        isOfNode: (pid) => processes.isOfNode(pid),
        ownPid: readOwnPid(flags.proc),
        budget: new TokenBucket(flags.scoreWritesPerSecond, 1_000 / flags.scoreWritesPerSecond, monotonicMs()),
        monotonicMs,
        saveOriginals: (containers) => originals.write(containers),
      })
      const desiredFile = new DesiredFile(flags.stateDir, logger)
      const moment = () => ({ bootId, monotonicMs: monotonicMs(), wallMs: Date.now() })
      const hold = new Hold(desiredFile.readConfirmation(), moment, (last) => desiredFile.writeConfirmation(last))
      const link = new DesiredLink(flags.node, publisher.connection, desiredFile, logger)
      const now = () => new Date()
      await Promise.all([
        trail.run(signal),
        agent.run(signal),
        runAdjustments(link, adjuster, hold, wake, teller, logger, now, signal),
      ])
      watch.close()
    } else if (recording === undefined) {
      await Promise.all([agent.run(signal), teller.run(signal)])
    } else {
      await agent.run(signal)
    }
    await watching
    health.close()
    await publisher.close()
  },
})
