import * as z from 'zod'
import { MAX_RANK_ROWS } from '#contract/rank.ts'

/** A parameter's schema says in its message what was expected: `node: expected the name of a node, got "…"`. */
function matching(form: RegExp, expected: string, description: string) {
  return z.string().regex(form, { error: expected }).meta({ description })
}

/** RFC 1123, as Kubernetes names nodes and objects: nothing that would be another subject, or another path. */
const OBJECT_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

export const nodeName = matching(OBJECT_NAME, 'the name of a node', 'Name of a node of the cluster.')
export const namespaceName = matching(NAMESPACE, 'the name of a namespace', 'Name of a namespace.')
export const reportName = matching(OBJECT_NAME, 'the name of a report', 'Name of an OOMReport.')
export const bootId = matching(
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'a boot id as in /proc/sys/kernel/random/boot_id',
  'Which boot of the node.',
)
export const killSequence = matching(
  /^(?:\d{1,16}|m-\d{1,20}-\d{1,15})$/,
  'the kmsg sequence of a kill, or m-CGROUP-COUNT of one whose line is lost',
  "kmsg sequence of the kill line; of a kill whose line is lost, the report's `recoveredAs`.",
)
export const streamSequence = matching(
  /^\d{1,16}$/,
  'a place in the stream of kills',
  'Kills stored after this one, from where a follower left off; without it, those that come from now on.',
)

export const MAX_PAGE = 100
export const pageLimit = matching(
  /^(?:[1-9]\d?|100)$/,
  `a number from 1 to ${MAX_PAGE}`,
  'How many at most; 20 without it.',
)
/** Opaque, as the apiserver made it. */
export const continueToken = matching(
  /^[\w=+/-]{1,2048}$/,
  'what `continue` of the page before was',
  '`continue` of the page before.',
)

export const top = matching(
  /^(?:[1-9]|[1-4]\d|50)$/,
  `a number from 1 to ${MAX_RANK_ROWS}`,
  'How many processes; 10 without it.',
)
export const cgroup = matching(
  /^\/[^\0]{1,4095}$/,
  'a path from the root of the hierarchy',
  'Only this cgroup and those below it.',
)
export const pod = matching(
  /^(?:[0-9a-f-]{32,36}|[a-z0-9-]{1,63}\/[a-z0-9.-]{1,253})$/,
  "a pod's UID or NAMESPACE/NAME",
  'Only this pod, by its UID or NAMESPACE/NAME.',
)
export const container = matching(
  /^[a-z0-9-]{1,64}$/,
  "a container's id or name",
  'Only this container: its id or how it begins, or with a pod its name.',
)

export const untilKib = matching(
  /^[1-9]\d{0,12}$/,
  'an amount of memory in KiB',
  'Until so much came free; without it, until nobody is left.',
)

export type Parameters = Readonly<Record<string, z.ZodType<string | undefined>>>
export type Values<P extends Parameters> = { [K in keyof P]: z.infer<P[K]> }
export type ReadParameters<P extends Parameters> = { ok: true; values: Values<P> } | { ok: false; reason: string }

/** Reads what a request was given. The reason is for a person; it holds what came, as JSON. */
export function readParameters<P extends Parameters>(
  parameters: P,
  given: Iterable<readonly [string, string]>,
): ReadParameters<P> {
  const texts = new Map<string, string>()
  for (const [name, text] of given) {
    if (!Object.hasOwn(parameters, name)) {
      const names = Object.keys(parameters).join(', ')
      return { ok: false, reason: `expected ${names === '' ? 'no parameters' : `only ${names}`}, got ${quoted(name)}` }
    }
    if (texts.has(name)) return { ok: false, reason: `${name}: expected it once, got it again` }
    texts.set(name, text)
  }
  const values: Record<string, string | undefined> = {}
  for (const [name, schema] of Object.entries(parameters)) {
    const result = schema.safeParse(texts.get(name))
    if (!result.success) {
      const text = texts.get(name) ?? ''
      return { ok: false, reason: `${name}: expected ${expectedOf(schema)}, got ${quoted(text)}` }
    }
    values[name] = result.data
  }
  return { ok: true, values: values as Values<P> }
}

/** What the schema's own message says of any text that does not fit; a missing one has zod's words. */
function expectedOf(schema: z.ZodType): string {
  return schema.safeParse('\0').error?.issues[0]?.message ?? 'something else'
}

const MAX_QUOTED_CHARS = 300

function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text)
}
