import * as z from 'zod'

/*
 * What a node knows beside the kernel's own lines: how its memory stood and was set right after the kill, and who was in line
 * before it. All of it is optional: what could not be read is absent.
 */

const count = z.int().nonnegative()
/** Per cent of the last 10 s. */
const percent = z.number().min(0).max(100)
const cgroupPath = z.string().min(1).max(4096)
const podUid = z.string().regex(/^[0-9a-fA-F-]{32,36}$/)
const containerId = z.string().regex(/^[0-9a-f]{64}$/)

export const MAX_ZONES = 16

const zone = z.object({
  /** NUMA node. */
  node: count,
  name: z.string().max(16),
  freePages: count,
  minPages: count,
  lowPages: count,
  highPages: count,
})

/** /proc/meminfo, /proc/zoneinfo, /proc/pressure/memory and /proc/sys/vm. */
const machine = z.object({
  memTotalKib: count.optional(),
  memFreeKib: count.optional(),
  memAvailableKib: count.optional(),
  swapTotalKib: count.optional(),
  swapFreeKib: count.optional(),
  commitLimitKib: count.optional(),
  /** Committed_AS. */
  committedKib: count.optional(),
  /** Some tasks, and all of them, waited for memory. */
  someWaitedPercent: percent.optional(),
  allWaitedPercent: percent.optional(),
  overcommitMemory: z.int().min(0).max(2).optional(),
  panicOnOom: z.int().min(0).max(2).optional(),
  oomKillAllocatingTask: count.optional(),
  oomDumpTasks: count.optional(),
  zones: z.array(zone).max(MAX_ZONES).optional(),
})

/** A cgroup's own files; what is here already is of after the kill. */
const cgroup = z.object({
  cgroupPath,
  usageKib: count,
  limitKib: count.optional(),
  /** The most that it ever had (v2: 5.19+). */
  peakKib: count.optional(),
  /** Of swap alone. */
  swapUsageKib: count.optional(),
  swapLimitKib: count.optional(),
  /** memory.stat, with all below. `fileKib` has that of shmem in it. */
  anonKib: count.optional(),
  fileKib: count.optional(),
  shmemKib: count.optional(),
  slabKib: count.optional(),
  kernelStackKib: count.optional(),
  pgtablesKib: count.optional(),
  sockKib: count.optional(),
})
export type CgroupContext = z.infer<typeof cgroup>

export const killContext = z.object({
  /** Milliseconds from the kill, by its line, until this was read. */
  readAfterMs: count,
  machine: machine.optional(),
  /** The victim's container; else the cgroup that it was in, while it is there. */
  cgroup: cgroup.optional(),
})
export type KillContext = z.infer<typeof killContext>

/** A kill of all that is in a cgroup (memory.oom.group, v2). */
export const groupKill = z.object({
  cgroupPath,
  /** `line`: the kernel said so, after the first victim. `setting`: memory.oom.group is set, and the first victim's line was read. */
  source: z.enum(['line', 'setting']),
})

export const MAX_FORESEEN = 10

const foreseenCandidate = z.object({
  pid: count,
  command: z.string().max(64),
  podUid: podUid.optional(),
  containerId: containerId.optional(),
  rssKib: count,
  /** What makes it up, as of the last time that it was read: at each large change. */
  anonRssKib: count.optional(),
  fileRssKib: count.optional(),
  shmemRssKib: count.optional(),
  swapKib: count.optional(),
  pgtablesKib: count.optional(),
  oomScoreAdj: z.int().min(-1000).max(1000),
  /** As /proc/PID/oom_score would have told it, by the same figures. */
  oomScore: count.optional(),
  /** Within the domain: its points, and the share of its memory that oom_score_adj stands for. */
  badnessKib: z.int(),
})
export type ForeseenCandidate = z.infer<typeof foreseenCandidate>

/**
 * Why it was another. `unseen`: the victim started after the last scan; `moved`: it was known elsewhere; `gone`: who was foreseen had
 * ended; `exempt`: what was foreseen may not be killed, by a setting that changed; `allocatingTask`: the kernel takes whoever asks for
 * memory (vm.oom_kill_allocating_task); by the kernel's own figures the victim had grown since the scan (`grew`), or who was foreseen had
 * less (`shrank`); `equal`: both had as many points; `untold`: the kernel printed no figures of who was foreseen; `unknown`: none
 * of these shows.
 */
export const missReason = z.enum([
  'unseen',
  'moved',
  'gone',
  'exempt',
  'allocatingTask',
  'grew',
  'shrank',
  'equal',
  'untold',
  'unknown',
])
export type MissReason = z.infer<typeof missReason>

/** Who was in line before the kill, by the last scan of the processes, and whether the kernel chose as was foreseen. */
export const foresight = z.object({
  /** The cgroup whose limit it is, or the victim's own where the kernel does not tell; absent: the whole node. */
  cgroupPath: cgroupPath.optional(),
  /** How old the figures of the victim, or else of who was foreseen, were at the kill. */
  ageMs: count,
  /** In the domain. */
  processCount: count,
  /** The likeliest first: it is who was foreseen. */
  candidates: z.array(foreseenCandidate).max(MAX_FORESEEN),
  /** Where the victim stood, 1 being the first; absent where it was not known. */
  victimRank: z.int().min(1).optional(),
  outcome: z.enum(['hit', 'miss']),
  missReason: missReason.optional(),
})
export type Foresight = z.infer<typeof foresight>
