import { hasHierarchy } from '../agent/cgroup/memoryFiles.ts'
import { compareKills } from '../agent/simulate/compare.ts'
import { findCaveats } from '../agent/simulate/caveats.ts'
import { readDomain, type FoundDomain } from '../agent/simulate/readDomain.ts'
import { applyChanges, type ScoreChange } from '../agent/simulate/scoreChange.ts'
import { simulateKills } from '../agent/simulate/simulation.ts'
import { EXIT, ProgramError } from '#program/errors.ts'
import type { LocalMachine } from './ranking/localRanking.ts'
import { localScope } from './ranking/localScope.ts'
import { findUnseen } from './ranking/unseen.ts'
import type { SimulateFlags } from './simulateFlags.ts'
import type { Change, SimulationReport } from './simulation/report.ts'
import { formatSimulationJson } from './simulation/simulationJson.ts'
import { formatSimulation } from './simulation/simulationText.ts'

export interface SimulatePorts {
  openMachine(flags: SimulateFlags): LocalMachine
  /** Whether what is written is seen on a terminal that shows colours. */
  hasColor: boolean
}

export interface SimulateAnswer {
  text: string
  exitCode: number
}

/** @returns what `oomkeeper simulate` prints. @throws ProgramError */
export async function simulate(flags: SimulateFlags, ports: SimulatePorts): Promise<SimulateAnswer> {
  const machine = ports.openMachine(flags)
  const found = await readDomain(machine, localScope(flags))
  const hasLimits = hasHierarchy(machine.cgroups)
  const report: SimulationReport = {
    found,
    untilKib: flags.until,
    now: simulateKills(found.domain, flags.until),
    change: flags.with === undefined ? undefined : simulateChange(found, flags.with, flags.until),
    caveats: findCaveats(found.facts),
    unseen: findUnseen(machine.files, machine.mountPoint, hasLimits),
  }
  const { now, change } = report
  const text =
    flags.output === 'json'
      ? formatSimulationJson(report)
      : formatSimulation(report, flags.top, ports.hasColor && !flags.noColor)
  return { text, exitCode: (change?.simulation ?? now).reached ? EXIT.ok : EXIT.finding }
}

function simulateChange(
  { domain }: FoundDomain,
  changes: readonly ScoreChange[],
  untilKib: number | undefined,
): Change {
  const { tasks, meant } = applyChanges(domain.tasks, changes)
  for (const [{ name }, pids] of meant) if (pids.length === 0) throw nobodyMeant(name)
  const now = simulateKills(domain, untilKib)
  const simulation = simulateKills({ ...domain, tasks }, untilKib)
  return {
    changes: [...meant].map(([change, pids]) => ({ ...change, pids })),
    simulation,
    differences: compareKills(now, simulation),
  }
}

function nobodyMeant(name: string): ProgramError {
  return new ProgramError(
    `--with: expected a pid, a command, a pod's UID or a container's id of a process in line, found none that is "${name}"`,
    { code: 'NobodyMeant', retry: false, exitCode: EXIT.usage },
  )
}
