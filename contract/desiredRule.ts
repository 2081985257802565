import * as z from 'zod'

/** What a policy wants of the containers that it selects, as an agent has to know it. */

/** −1000 would exempt a process from the OOM killer altogether, and with it whatever it leaks. */
export const MIN_DESIRED_SCORE = -990
export const MAX_DESIRED_SCORE = 1000
/** From one end of what the kernel takes to the other end of what a policy may set. */
export const MAX_DELTA = 1990
export const MAX_MATCHERS = 20
/** Characters of a glob, and of an expression. */
export const MAX_GLOB_CHARS = 64
export const MAX_CMDLINE_CHARS = 200
/** How long scores stay when nobody says any more that they are wanted. */
export const MIN_HOLD_SECONDS = 60
export const MAX_HOLD_SECONDS = 30 * 86_400

/** Printable ASCII: what is compared is a process's own choice of bytes. */
const pattern = (maxChars: number) => z.string().regex(new RegExp(`^[ -~]{1,${maxChars}}$`))

/** Fits a process when each field that is given does. */
const processMatcher = z.object({
  /** Glob (`*`, `?`) for the command as the kernel has it, at most 15 bytes. */
  command: pattern(MAX_GLOB_CHARS).optional(),
  /** Glob for the base name of /proc/PID/exe. */
  exe: pattern(MAX_GLOB_CHARS).optional(),
  /** RE2 expression, found anywhere in /proc/PID/cmdline, its arguments joined by spaces. */
  cmdline: pattern(MAX_CMDLINE_CHARS).optional(),
  /** The container's first process. */
  init: z.literal(true).optional(),
})
export type ProcessMatcher = z.infer<typeof processMatcher>

const score = z.union([
  z.strictObject({ value: z.int().min(MIN_DESIRED_SCORE).max(MAX_DESIRED_SCORE) }),
  /** Added to what each process had of its own. */
  z.strictObject({ delta: z.int().min(-MAX_DELTA).max(MAX_DELTA) }),
])
export type DesiredScore = z.infer<typeof score>

export const policyName = z.string().min(1).max(253)

/** Which policy, as it was when: one that was made anew under the same name has another UID. */
export const policyIdentity = z.object({
  policy: policyName,
  uid: z.string().regex(/^[0-9a-zA-Z-]{1,64}$/),
  /** metadata.generation: it grows with each change of the policy's spec. */
  generation: z.int().nonnegative(),
})
export type PolicyIdentity = z.infer<typeof policyIdentity>

export const desiredRule = policyIdentity.extend({
  /** Audit: what it would do is told, and nothing written. */
  mode: z.enum(['Audit', 'Enforce']),
  score: score.optional(),
  /** memory.oom.group of the container: whether a kill takes all of it. cgroup v2 only. */
  killScope: z.enum(['Container', 'Process']).optional(),
  /** One of them must fit a process; left out: every process of the container. */
  processes: z.array(processMatcher).min(1).max(MAX_MATCHERS).optional(),
  holdForSeconds: z.int().min(MIN_HOLD_SECONDS).max(MAX_HOLD_SECONDS),
  /** Whether a score may pass the one that the kubelet gives to the next QoS class. */
  allowCrossQoS: z.boolean(),
  /** Whether a container without a memory limit may get less than it began with. */
  allowUnlimited: z.boolean(),
  /** When this node was first told of it as it is; for the operator, which reads it again after a restart. */
  since: z.iso.datetime({ precision: 3 }).optional(),
})
export type DesiredRule = z.infer<typeof desiredRule>
