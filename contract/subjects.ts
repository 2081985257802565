/**
 * Every NATS name that agent and operator share, in one place.
 * The node is part of the subject, and permissions bind a connection to its node's subjects: a message's
 * identity is where it was published, never what it claims.
 */
export const KILL_STREAM = 'OOM_KILLS'
export const KILL_SUBJECTS = 'oom.v1.kill.>'
export const STATE_BUCKET = 'OOM_STATE'
/** The desired state of each node, key `nodeToken(node)`; agents read it straight from the bucket. */
export const DESIRED_BUCKET = 'OOM_DESIRED'
/**
 * A key of that bucket, which is no node's token (RFC 1123: none begins so). The operator writes it again and again for as
 * long as it stands by the desired states; what it says is for people, that its revision grows is for the agents.
 */
export const LEASE_KEY = '_lease'
/** An agent asks each minute, and three times as often as the shortest `holdFor` where that is less: 20 s at the least. */
export const LEASE_RENEW_MS = 15_000

/** A node's name as one subject token. Injective: a node name (RFC 1123) has dots but no underscore. */
export function nodeToken(node: string): string {
  return node.replaceAll('.', '_')
}

/** The node of a token. */
export function nodeName(token: string): string {
  return token.replaceAll('_', '.')
}

/** The node's token of any subject of the stream of kills, where it can be one of a node's name (RFC 1123). */
export function tokenOfKillSubject(subject: string): string | undefined {
  return /^oom\.v1\.kill\.([a-z0-9](?:[a-z0-9_-]{0,251}[a-z0-9])?)\./.exec(subject)?.[1]
}

export function inboxPrefix(node: string): string {
  return `_INBOX.${nodeToken(node)}`
}

/** One subject per kill line: (node, boot, kmsg sequence) never repeats, so a stored subject is a kill already told. */
export function killSubject(node: string, bootId: string, sequence: number): string {
  return `oom.v1.kill.${nodeToken(node)}.${bootId}.${sequence}`
}

/** A kill whose line is lost, by its cgroup's own count: `m-<cgroup id>-<count>` in the sequence's place. */
export function recoveredKillSubject(node: string, bootId: string, recoveredAs: string): string {
  return `oom.v1.kill.${nodeToken(node)}.${bootId}.${recoveredAs}`
}

export const STATUS_STREAM = 'OOM_STATUS'
export const STATUS_SUBJECTS = 'oom.v1.status.*'

/** What the node's agent says about its desired state. */
export function statusSubject(node: string): string {
  return `oom.v1.status.${nodeToken(node)}`
}

export const AUDIT_STREAM = 'OOM_AUDIT'
export const AUDIT_SUBJECTS = 'oom.v1.audit.*.>'

/** What the node's agent wrote to processes and cgroups of a pod. */
export function auditSubject(node: string, podUid: string): string {
  return `oom.v1.audit.${nodeToken(node)}.${podUid}`
}

/** A hint that the node's desired state has changed. Only a hint: whoever publishes there proves nothing by it. */
export function desiredHintSubject(node: string): string {
  return `oom.v1.desired.${nodeToken(node)}`
}

export interface KillIdentity {
  nodeToken: string
  bootId: string
  /** 0 for one without a line. */
  sequence: number
  /** Set for one without a line: it is then its identity. */
  recoveredAs?: string
}

/** The identity that a kill's subject gives it, or undefined when the subject is not of that form. */
export function parseKillSubject(subject: string): KillIdentity | undefined {
  const match = KILL_SUBJECT.exec(subject)
  if (match === null) return undefined
  const [, node, bootId, digits, recoveredAs] = match
  if (node === undefined || bootId === undefined) return undefined
  if (recoveredAs !== undefined) return { nodeToken: node, bootId, sequence: 0, recoveredAs }
  const sequence = Number(digits)
  return Number.isSafeInteger(sequence) ? { nodeToken: node, bootId, sequence } : undefined
}

/** One way to write each sequence: with zeros before it, one kill would have many subjects. */
const KILL_SUBJECT =
  /^oom\.v1\.kill\.([a-z0-9_-]{1,253})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?:(0|[1-9]\d{0,15})|(m-\d{1,20}-\d{1,15}))$/
