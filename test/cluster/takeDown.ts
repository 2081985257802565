import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  listClusterCgroups,
  readCgroupHierarchies,
  readClusterPids,
  removeClusterCgroups,
  type CgroupHierarchy,
} from './host/cgroups.ts'
import { hostLinkExists, removeHostLink } from './host/network.ts'
import { restoreSysctls } from './host/sysctls.ts'
import { STATE_FOLDER } from './names.ts'
import { isAlive } from './process/identity.ts'
import { runCommand } from './process/run.ts'
import { waitUntil } from './process/wait.ts'
import { readRecord, type ClusterRecord } from './record.ts'
import { planProcessEnds, planUnmounts } from './takeDownPlan.ts'

/** What was there and is no more. */
export interface TakenDown {
  processes: number
  cgroups: number
  links: number
  mounts: number
  sysctls: number
}

/**
 * Takes down whatever there is of the machine's test cluster, whole or half, with or without its record: processes by
 * cgroup membership (which nothing can forge and no reused pid confuse) and by recorded pid and start time; with
 * them go the namespaces, their mounts, devices and rules. The record goes last, so that an interrupted one is resumed.
 */
export async function takeDown(options: { keepLogs?: boolean } = {}): Promise<TakenDown> {
  const record = readRecord()
  const hierarchies = readCgroupHierarchies()
  const processes = await endProcesses(record, hierarchies)
  const links = (await removeHostLink()) ? 1 : 0
  const cgroups = await removeCgroups(hierarchies)
  const sysctls = record === undefined ? 0 : restoreSysctls(record.sysctls)
  const mounts = await unmountLeftovers()
  removeState(options.keepLogs === true)
  return { processes, cgroups, links, mounts, sysctls }
}

/** Whether there is anything to take down. */
export function leftoversExist(): boolean {
  return existsSync(STATE_FOLDER) || hostLinkExists() || listClusterCgroups(readCgroupHierarchies()).length > 0
}

async function endProcesses(
  record: ClusterRecord | undefined,
  hierarchies: readonly CgroupHierarchy[],
): Promise<number> {
  const ended = new Set<number>()
  let left: number[] = []
  const endAll = (): true | undefined => {
    const recorded = record === undefined ? [] : [record.holder, ...record.parts].filter((part) => part !== undefined)
    left = planProcessEnds(readClusterPids(hierarchies), recorded.filter(isAlive), process.pid)
    if (left.length === 0) return true
    for (const pid of left) {
      ended.add(pid)
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // Gone in the meantime.
      }
    }
    thaw(hierarchies) // A frozen process takes its SIGKILL when it thaws; runc freezes while it signals.
    return undefined
  }
  const evidence = (): string => `still there: ${left.map((pid) => `${pid} (${readCommand(pid)})`).join(', ')}`
  await waitUntil("the end of the cluster's processes", endAll, { deadlineMs: 30_000, everyMs: 25, evidence })
  return ended.size
}

function thaw(hierarchies: readonly CgroupHierarchy[]): void {
  for (const folder of listClusterCgroups(hierarchies)) {
    for (const [file, value] of [
      ['freezer.state', 'THAWED'],
      ['cgroup.freeze', '0'],
    ] as const) {
      try {
        if (existsSync(join(folder, file))) writeFileSync(join(folder, file), value)
      } catch {
        // Removed in the meantime.
      }
    }
  }
}

async function removeCgroups(hierarchies: readonly CgroupHierarchy[]): Promise<number> {
  let removed = 0
  let left: string[] = []
  const removeAll = (): true | undefined => {
    const round = removeClusterCgroups(hierarchies)
    removed += round.removed
    left = round.left
    return left.length === 0 ? true : undefined
  }
  const evidence = (): string => `still there: ${left.join(', ')}`
  await waitUntil("the removal of the cluster's cgroups", removeAll, { deadlineMs: 10_000, everyMs: 25, evidence })
  return removed
}

/** Mounts live in the cluster's namespace; one in this namespace is a mistake that must not be deleted through. */
async function unmountLeftovers(): Promise<number> {
  const mounts = planUnmounts(readFileSync('/proc/self/mountinfo', 'utf8'), STATE_FOLDER)
  for (const mount of mounts) await runCommand(['umount', '--lazy', mount])
  return mounts.length
}

function removeState(keepLogs: boolean): void {
  if (!existsSync(STATE_FOLDER)) return
  for (const name of readdirSync(STATE_FOLDER)) {
    if ((keepLogs && name === 'log') || name === 'cluster.json') continue
    rmSync(join(STATE_FOLDER, name), { recursive: true, force: true, maxRetries: 3 })
  }
  rmSync(join(STATE_FOLDER, 'cluster.json'), { force: true })
  if (!keepLogs) rmSync(STATE_FOLDER, { recursive: true, force: true })
}

function readCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return 'gone'
  }
}
