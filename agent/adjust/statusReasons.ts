import type { StatusReason } from '#contract/nodeStatus.ts'

/* Why a rule is not applied, in the words that a node's status and its policy's status have for it. */

export const CONTAINER_ABSENT = { reason: 'ContainerAbsent', message: 'no cgroup of this container on the node' }

export const NO_PROCESS = { reason: 'NoProcess', message: 'no process of the container fits' }

/** EACCES (fs/proc/base.c, __set_oom_adj). Without the score in it: with a delta there may be many. */
export const KERNEL_REFUSED = {
  reason: 'KernelRefused',
  message:
    'the kernel takes a score below the one that the container was started with only from a process with CAP_SYS_RESOURCE: give the agent that capability or raise the value',
}

/** Told before anything is tried. */
export const RAISES_ONLY = {
  reason: 'RaisesOnly',
  message:
    'the agent of this node only raises scores (--mode=raise), and this one is below what the process began with: run it in mode full, or take a value above',
}

export const SETS_NO_KILL_SCOPE = {
  reason: 'RaisesOnly',
  message: 'the agent of this node only raises scores (--mode=raise): memory.oom.group is set in mode full',
}

export const UNREADABLE_PROGRAM = {
  reason: 'ProgramUnreadable',
  message:
    'the kernel shows which program a process runs (/proc/PID/exe) only to one with CAP_SYS_PTRACE: give the agent that capability, or select by command or cmdline',
}

export const NO_KILL_SCOPE = {
  reason: 'Unsupported',
  message: 'the kernel has no memory.oom.group for this container: that is of cgroup v2, from Linux 4.19 on',
}

export const KILL_SCOPE_REFUSED = {
  reason: 'CgroupReadOnly',
  message: 'memory.oom.group may not be written: let the agent write to the cgroup tree of the node',
}

export const CONFLICT = {
  reason: 'Conflict',
  message: 'another program writes these scores again and again: it is left to it for ten minutes, then tried anew',
}

export const RECONCILING = {
  reason: 'Reconciling',
  message: 'so many writes are due that they are spread over time: the rest follows by itself',
}

export const HOLD_EXPIRED = {
  reason: 'HoldExpired',
  message:
    'no operator has confirmed the desired state for as long as the policy says (holdFor): given back until one does',
}

export const ORIGINALS_UNSAVED = {
  reason: 'OriginalsUnsaved',
  message:
    "what was there before cannot be saved, and without that nothing is written: look at the agent's log and at the disk of its state folder",
}

export const ORIGINALS_LOST = {
  reason: 'OriginalsLost',
  message:
    'the file of what was there before was damaged: what this container has may be its own or not, and is left as it is until it starts anew',
}

export function overridden(policy: string): StatusReason {
  return { reason: 'Overridden', message: `policy ${policy} decides` }
}

export function patternRefused(message: string): StatusReason {
  return { reason: 'PatternRefused', message: message.slice(0, 300) }
}

export function writeFailed(message: string): StatusReason {
  return { reason: 'WriteFailed', message: message.slice(0, 300) }
}
