import { createHash } from 'node:crypto'
import type { OomReportSpec } from '../api/oomReport.ts'

const MAX_NAME_CHARS = 253
const HASH_CHARS = 10
/** Groups whose kinds no custom resource shares, so that kind and name say which object it is. */
const BUILT_IN = new Set(['v1', 'apps/v1', 'batch/v1'])

/**
 * The name of the report of a workload's container: `deployment.eater.app`. Deterministic and unique in its
 * namespace: kinds and containers have no dot, so the parts can be told apart, and whatever cannot be written
 * plainly (custom kinds, unusual characters, too long) ends in a hash of the whole.
 */
export function reportName({ workload, container }: OomReportSpec): string {
  const exact = `${workload.kind.toLowerCase()}.${workload.name}.${container}`
  if (BUILT_IN.has(workload.apiVersion) && isDnsSubdomain(exact) && exact.length <= MAX_NAME_CHARS) return exact
  const identity = JSON.stringify([workload.apiVersion, workload.kind, workload.name, container])
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, HASH_CHARS)
  const readable = exact
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .slice(0, MAX_NAME_CHARS - HASH_CHARS - 1)
    .replace(/[.-]*\.[.-]*/g, '.')
    .replace(/^[.-]+|[.-]+$/g, '')
  return `${readable}-${hash}`
}

/** RFC 1123, as Kubernetes checks names. */
export function isDnsSubdomain(text: string): boolean {
  return /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(text)
}
