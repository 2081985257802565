import { ProgramError, messageOf } from '#program/errors.ts'

export function describeKmsgUnreadable(path: string, cause: unknown): string {
  return `expected to read the kernel's log at ${path}, got: ${messageOf(cause)}; no kill is seen until then: run as root or with CAP_SYSLOG, in a container privileged, or give a recording with --kmsg FILE`
}

export function recordingUnreadable(path: string, cause: unknown): ProgramError {
  return new ProgramError(`--kmsg: expected a recorded /dev/kmsg, got: ${messageOf(cause)}; give a readable file`, {
    code: 'RecordingUnreadable',
    retry: false,
    facts: { path },
    cause,
  })
}

/** What cannot be had, and what goes on without it. */
export function describeStateReadOnly(folder: string, cause: unknown): string {
  return `--state-dir: expected a folder to keep the cursor and the spool in, got: ${messageOf(cause)}; going on in memory: a restart tells kills of the last hour again, and no oom_score_adj is changed; make ${folder} writable or name another`
}

export const SEES_NO_HOST_PROCESSES =
  "expected to see the host's processes in --proc, got only those of a PID namespace or of one user; victims without a dump have no pod, and no oom_score_adj is changed: give the agent the host's PID namespace (hostPID) and root"

export const SHARES_KERNEL_UNTOLD =
  "expected to know which cgroups of the kernel's log are this node's, got nothing that tells: kills of other nodes of this kernel are told here too; give --node-cgroup where nodes share a kernel"

export const SEES_NO_KILL_COUNT =
  "expected oom_kill in vmstat of --proc, got none; kills are told as their lines are read, and whether one was lost cannot be known: give the agent the host's proc file system, of a kernel with CONFIG_VM_EVENT_COUNTERS"

export function describeNoMemoryCgroups(tree: string): string {
  return `expected a hierarchy of memory cgroups below --cgroup-root ${tree}, got none; kills are told with the pod that the log or /proc tells, without limits and group kills, and none is found by its cgroup's count: mount the host's /sys/fs/cgroup there`
}

export function describeScoresLeft(containers: number): string {
  return `${containers} containers have scores that were set in another mode, and mode detect gives nothing back: they keep them until they end, or until the agent runs in mode full; switch policies off first (docs/operating.md#modes)`
}

export function stateUnwritable(folder: string, cause: unknown): ProgramError {
  return new ProgramError(
    `--state-dir: expected a folder to keep the cursor in, got: ${messageOf(cause)}; make ${folder} writable or name another`,
    { code: 'StateUnwritable', retry: false, facts: { folder }, cause },
  )
}

/** Whether it takes a right or space that may come back, rather than another flag. */
export function isRightMissing(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
}

/** Whether there is nothing to be read: no file, or not the right to it. */
export function isUnreadable(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT' || isRightMissing(error)
}
