import { readFileSync, realpathSync } from 'node:fs'
import { CgroupFiles } from '#program/adapters/cgroupFiles.ts'
import { ProcFiles } from '#program/adapters/procFiles.ts'
import type { LocalMachine } from '../ranking/localRanking.ts'
import { parseOwners } from '../ranking/owners.ts'

const PROC = '/proc'
const CGROUP_TREE = '/sys/fs/cgroup'

/** @param proc undefined: this machine's own, and with it the names of its users */
export function openMachine({
  proc,
  cgroupRoot,
}: {
  proc?: string | undefined
  cgroupRoot?: string | undefined
}): LocalMachine {
  return {
    files: new ProcFiles(proc ?? PROC),
    cgroups: new CgroupFiles(cgroupRoot ?? CGROUP_TREE),
    mountPoint: proc === undefined ? PROC : resolved(proc),
    owners: proc === undefined ? readOwners() : new Map(),
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
