import * as z from 'zod'
import { groupKill } from '#contract/killContext.ts'
import { attributionSource, killScope } from '#contract/killEvent.ts'

export const GROUP = 'oomkeeper.io'
export const VERSION = 'v1alpha1'
export const API_VERSION = `${GROUP}/${VERSION}`

/** Kills kept in full in one report, newest first. */
export const MAX_LAST_KILLS = 20
/** Nodes counted by name in one report; what is beyond them is counted under OTHER_NODES. */
export const MAX_NAMED_NODES = 50
/** No node can have this name, so it never hides one. */
export const OTHER_NODES = '(other)'
/** Commands of victims counted by name in one report; what is beyond them is counted under OTHER_COMMANDS. */
export const MAX_NAMED_COMMANDS = 50
/** A process that calls itself so is counted there too. */
export const OTHER_COMMANDS = '(other)'
/** Of a kill whose line is lost, or of a process without a name. */
export const UNKNOWN_COMMAND = '(unknown)'
/** Hours in a trend, the current one among them. */
export const TREND_HOURS = 24
/** Days in a trend, the current one among them. */
export const TREND_DAYS = 7
/** So that what is written can be read, whatever somebody put there by hand. */
const MAX_TREND_DIGITS = 12
export const MAX_TREND_COUNT = 10 ** MAX_TREND_DIGITS - 1
export const MAX_CANDIDATES_CHARS = 3_072
export const MAX_VERDICT_CHARS = 700
export const MAX_MEMORY_CHARS = 160
export const MAX_PREDICTION_CHARS = 240

export const count = z.int().nonnegative()
export const time = z.iso.datetime({ precision: 3 })
export const text = (maxChars: number) => z.string().max(maxChars)

/** An object that is written as a whole: its fields have one owner, so that managedFields stay small. */
export const ATOMIC_MAP = { 'x-kubernetes-map-type': 'atomic' }

/** Of nodes; commands, scopes and reasons have shorter ones. */
const MAX_KEY_CHARS = 253

export const counts = (maxProperties: number) =>
  z
    .record(z.string(), count)
    .refine((byKey) => Object.keys(byKey).length <= maxProperties, `expected at most ${maxProperties} names`)
    .refine((byKey) => Object.keys(byKey).every((key) => key.length <= MAX_KEY_CHARS), 'expected shorter names')
    .meta({ ...ATOMIC_MAP, maxProperties })

export const BY_COMMAND = `Kills by the victim's command, together all kills: the ${MAX_NAMED_COMMANDS} commands with the most by name, the rest under "${OTHER_COMMANDS}", and those of lost lines under "${UNKNOWN_COMMAND}". A command that comes back from "${OTHER_COMMANDS}" starts anew, so that a named count is a least count.`

export const SCOPE_COUNT = killScope.options.length

export const scope = killScope.meta({
  description:
    "Whose memory ran out. ContainerLimit, PodLimit: the limit of the victim's own container or pod. Kubepods: of all pods of the node, or of a QoS class. Node: the machine. HostCgroup: a cgroup outside pods. Cpuset, MemoryPolicy: the NUMA nodes that may be used. Unknown: the kernel's line does not tell.",
})
export const observedGeneration = count.meta({ description: 'metadata.generation that this status is about.' })
export const killsLastDay = count.meta({
  description: 'Kills in the current hour and the 23 before it: the sum of the trend.',
})
export const firstSeen = time.meta({ description: 'When the first kill was.' })
export const lastSeen = time.meta({
  description: "When the last kill was, by its node's clock; when it was seen, if that clock is ahead.",
})
export const peakRssKib = count.optional().meta({
  description: 'What the largest victim had resident: anonymous, file and shared memory, in KiB.',
})

/** One kill, shallow: candidates are one string, since nested objects cost the apiserver five times as much. */
export const killRecord = z.object({
  time: time.meta({ description: "When the kernel killed, by the node's clock." }),
  seenAt: time.meta({ description: "When the operator counted it, by the operator's clock." }),
  node: text(253).meta({ description: 'Where it was.' }),
  bootId: text(36).meta({ description: 'Of that node: its boot id.' }),
  sequence: count.meta({
    description: 'kmsg sequence of the kill line: with node and boot, its identity; 0 where the line is lost.',
  }),
  recoveredAs: text(40).optional().meta({
    description: 'Of a kill whose line is lost: the number of its cgroup, and which of its kills it is.',
  }),
  podName: text(253).optional().meta({ description: "The victim's pod." }),
  podUid: text(36).optional().meta({ description: "Its UID; a static pod's mirror has this one." }),
  containerId: text(64).optional().meta({ description: "The victim's container, as the runtime names it." }),
  victimPid: count.optional().meta({ description: 'As the node sees it; absent when nobody was killed.' }),
  victimCommand: text(64).optional().meta({ description: 'What the process called itself: chosen by it, escaped.' }),
  victimRssKib: count
    .optional()
    .meta({ description: 'What the victim had resident: anonymous, file and shared memory, in KiB.' }),
  trigger: text(120).optional().meta({
    description: "Who asked for the memory that was not there, with the kernel's flags and the order of pages.",
  }),
  scope,
  limitKib: count.optional().meta({
    description:
      "The limit that was hit, in KiB; absent for the machine's memory, and where the kernel did not print it.",
  }),
  source: z.enum(['kmsg', 'recording', 'memoryEvents']).meta({
    description:
      "recording: replayed from a file, no kill of this node. memoryEvents: the kernel's line is lost, and the cgroup's own count tells that it was; seen is when it was found.",
  }),
  attribution: attributionSource.optional().meta({
    description:
      "How the victim's place is known. dump, group: the kernel named its cgroup. proc: /proc after the kill. cache: known from before. parent: its parent's container. counter: the one cgroup whose count grew. none: nobody could say.",
  }),
  groupKill: groupKill.shape.source.optional().meta({
    description: 'The whole cgroup was killed (memory.oom.group): line, the kernel said so; setting, it is set so.',
  }),
  prediction: text(MAX_PREDICTION_CHARS).optional().meta({
    description:
      'Whether the kernel took the process that the agent foresaw (hit), if not, who that was and why (miss).',
  }),
  memory: text(MAX_MEMORY_CHARS).optional().meta({
    description: "Where the memory went, the largest parts, by the kernel's own lines.",
  }),
  verdict: text(MAX_VERDICT_CHARS).optional().meta({
    description:
      'The explanation in three sentences: who died of what, where the memory went, what comes of it. Where the kernel printed no more than the kill line: who died, what it held, and how its cgroup and the machine stood right after.',
  }),
  candidates: text(MAX_CANDIDATES_CHARS).optional().meta({
    description:
      'Who else was in line, best candidate first, as a table; its first line says so where the kernel printed no list and they were read after the kill. Dropped first when space is short.',
  }),
})

/** Counts from the oldest to the newest, with a space between: one string, since a list is a line of `kubectl describe` for each. */
const ring = (length: number) =>
  text(length * (MAX_TREND_DIGITS + 1) - 1).regex(
    new RegExp(`^\\d{1,${MAX_TREND_DIGITS}}( \\d{1,${MAX_TREND_DIGITS}}){${length - 1}}$`),
  )

/** Rings: when an hour or a day has passed, the oldest count leaves and a new one begins. */
export const trend = z
  .object({
    hour: time.meta({ description: "When the newest hour began, by the operator's clock." }),
    kills: ring(TREND_HOURS).meta({
      description: `Kills in each of ${TREND_HOURS} hours, the newest last. Hours after the newest one had none.`,
    }),
    perDay: ring(TREND_DAYS).meta({
      description: `Kills on each of ${TREND_DAYS} days (UTC), the newest last: the one with the newest hour. Days after it had none.`,
    }),
  })
  .meta({
    ...ATOMIC_MAP,
    description:
      "Kills per hour over a day, and per day over a week. A kill counts for the hour in which it happened by its node's clock, or in which it was seen if that clock is ahead.",
  })
export type Trend = z.infer<typeof trend>

/** The newest kill in words, for `kubectl get`. */
export const lastKill = z.object({
  time: time.meta({ description: "When the kernel killed, by the node's clock." }),
  victim: text(80).meta({
    description:
      'What the victim called itself; "(nobody)" where nobody was killed, "(unknown)" where the line is lost.',
  }),
  pid: count.optional().meta({ description: "The victim's, as the node sees it." }),
  node: text(253).meta({ description: 'Where it was.' }),
  scope,
  limit: text(16).optional().meta({ description: 'The limit that was hit.' }),
  rss: text(16).optional().meta({ description: 'What the victim had resident.' }),
})

/** Kills that one report may have counted above the checkpoint; more wait until the checkpoint has moved. */
export const MAX_UNSETTLED = 500

/** What of the stream of kills is counted in this report (docs/exactness.md). */
export const watermark = z
  .object({
    stream: text(128).min(1).meta({ description: 'Identity of the stream of kills.' }),
    sequence: count.meta({ description: 'The highest sequence of the stream that is counted here.' }),
    settled: count.optional().meta({ description: 'The checkpoint at that time: all up to it is counted, somewhere.' }),
    unsettled: text(MAX_UNSETTLED * 17)
      .optional()
      .meta({ description: 'Sequences above it that are counted here, each as its distance from the one before.' }),
  })
  .meta({ ...ATOMIC_MAP, description: 'What of the stream of kills is counted here; it changes with the counts.' })
export type Watermark = z.infer<typeof watermark>

export const condition = z.object({
  type: text(64).min(1).meta({ description: 'What is said to be so or not.' }),
  status: z.enum(['True', 'False', 'Unknown']).meta({ description: 'Whether it is so.' }),
  reason: text(64).min(1).meta({ description: 'Why, in one word for programs.' }),
  message: text(512).meta({ description: 'Why, in words with numbers.' }),
  lastTransitionTime: time.meta({ description: 'When the status last changed.' }),
  observedGeneration,
})
export type Condition = z.infer<typeof condition>

export const MAX_CONDITIONS = 8

/** @param types What each of them says when it is True. */
export const conditionsOf = (types: string) =>
  z
    .array(condition)
    .max(MAX_CONDITIONS)
    .meta({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
      description: `What holds of the object as a whole, each with its reason. ${types}`,
    })
