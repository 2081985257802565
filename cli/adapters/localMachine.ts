import { readFileSync, readdirSync, realpathSync } from 'node:fs'
import { CgroupFiles } from '#program/adapters/cgroupFiles.ts'
import { ProcFiles } from '#program/adapters/procFiles.ts'
import type { LocalMachine } from '../ranking/localRanking.ts'
import { parseOwners } from '../ranking/owners.ts'
import { parsePodFolders, type PodName } from '../ranking/podNames.ts'

const PROC = '/proc'
const CGROUP_TREE = '/sys/fs/cgroup'
/** The kubelet's podLogsDir, by default. */
const POD_LOGS = '/var/log/pods'

/** @param proc undefined: this machine's own, and with it the names of its users and pods */
export function openMachine({
  proc,
  cgroupRoot,
}: {
  proc?: string | undefined
  cgroupRoot?: string | undefined
}): LocalMachine {
  return {
    // Who asks is gone when it happens.
    files: new ProcFiles(proc ?? PROC, false),
    cgroups: new CgroupFiles(cgroupRoot ?? CGROUP_TREE),
    mountPoint: proc === undefined ? PROC : resolved(proc),
    owners: proc === undefined ? readOwners() : new Map(),
    readPodNames: proc === undefined ? readPodNames : () => new Map(),
    // Nobody else is on this event loop.
    endTurn: () => Promise.resolve(),
    now: () => new Date(),
  }
}

function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function readOwners(): Map<number, string> {
  try {
    return parseOwners(readFileSync('/etc/passwd', 'utf8'))
  } catch {
    // Numbers then.
    return new Map()
  }
}

function readPodNames(): Map<string, PodName> {
  try {
    return parsePodFolders(readdirSync(POD_LOGS))
  } catch {
    // UIDs then.
    return new Map()
  }
}
