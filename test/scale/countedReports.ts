import { API_VERSION } from '../../operator/api/killRecord.ts'
import type { DirectApi } from './directApi.ts'

const PAGE = 100

interface ReportList {
  metadata: { continue?: string }
  items: { metadata: { namespace?: string; name: string }; status?: { kills?: number } }[]
}

/** What the apiserver's OOMReports count, by `namespace/name`. */
export async function readCounted(api: DirectApi): Promise<Map<string, number>> {
  const counted = new Map<string, number>()
  for (const [plural, prefix] of [
    ['oomreports', ''],
    ['nodeoomreports', 'node:'],
  ] as const) {
    let more = ''
    do {
      const query = `limit=${PAGE}${more === '' ? '' : `&continue=${encodeURIComponent(more)}`}`
      const { metadata, items } = await api.get<ReportList>(`/apis/${API_VERSION}/${plural}?${query}`)
      for (const { metadata: its, status } of items) {
        counted.set(`${prefix}${its.namespace ?? ''}/${its.name}`, status?.kills ?? 0)
      }
      more = metadata.continue ?? ''
    } while (more !== '')
  }
  return counted
}

/** Where counts differ from what was killed: empty when they are exact. */
export function compareCounts(expected: ReadonlyMap<string, number>, counted: ReadonlyMap<string, number>): string[] {
  const keys = new Set([...expected.keys(), ...counted.keys()])
  return [...keys].flatMap((key) => {
    const [want, got] = [expected.get(key) ?? 0, counted.get(key) ?? 0]
    return want === got ? [] : [`${key}: killed ${want}, counted ${got}`]
  })
}

export function sumOf(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0)
}
