import type { Zone } from '#kernel/memory/zone.ts'
import { formatKib } from './quantity.ts'

/** Why a zone refused, or that it would now accept. */
export type ZoneReason =
  | 'watermark'
  /** Above its own watermark, but what it keeps from requests that may use higher zones is more. */
  | 'reserve'
  /** Enough is free, in blocks too small. */
  | 'fragmented'
  | 'accepts'
  /** Not asked: it is above the highest that the request may use, or on a node that cpuset or policy leave out. */
  | 'zoneNotAllowed'
  | 'nodeNotAllowed'
  | 'unknown'

export interface ZoneJudgement {
  node: number
  zone: string
  reason: ZoneReason
  /** undefined where it was not asked or cannot be told. */
  refused: boolean | undefined
  freeKib?: number | undefined
  minKib?: number | undefined
  lowKib?: number | undefined
  highKib?: number | undefined
  /** lowmem_reserve[] for the requested highest zone. */
  reservePages?: number | undefined
  reserveKib?: number | undefined
  /** Free less what this request may not have. */
  availableKib?: number | undefined
  /** What `availableKib` has to exceed: high and the reserve. */
  requiredKib?: number | undefined
  text: string
}

export interface WatermarkRequest {
  order: number
  /** 6018 for 6.18. */
  version: number
  pageKib: number
  reserveIndex: number
}

/**
 * The last attempt before the killer: free − (2^order − 1) − highatomic − CMA ≤ high + lowmem_reserve is refused.
 * `min` has `boost` in it. Source: mm/page_alloc.c, __alloc_pages_may_oom (ALLOC_WMARK_HIGH) and __zone_watermark_ok.
 */
export function judgeZone(zone: Zone, request: WatermarkRequest): ZoneJudgement {
  const { freeKib, minKib, lowKib, highKib } = zone
  const judgement = { node: zone.node, zone: zone.name, freeKib, minKib, lowKib, highKib }
  if (freeKib === undefined || highKib === undefined)
    return {
      ...judgement,
      reason: 'unknown',
      refused: undefined,
      text: `${zone.name}: its line is cut, so it is not judged`,
    }

  const { pageKib } = request
  const reservePages = zone.lowmemReservePages?.[request.reserveIndex] ?? 0
  const reserveKib = reservePages * pageKib
  const withheld = withheldFrom(zone, request)
  const availableKib = withheld.reduce((kib, part) => kib - part.kib, freeKib)
  const requiredKib = highKib + reserveKib
  const numbers = { ...judgement, reservePages, reserveKib, availableKib, requiredKib }
  const left = `${freeKib} kB free${withheld.map((part) => ` − ${part.kib} ${part.name}`).join('')}${withheld.length > 0 ? ` = ${availableKib}` : ''}`
  const right = `${highKib} high${reservePages > 0 ? ` + ${reservePages} pages × ${pageKib} kB = ${requiredKib}` : ''}`

  if (availableKib <= requiredKib) {
    const reason = availableKib <= highKib ? 'watermark' : 'reserve'
    return {
      ...numbers,
      reason,
      refused: true,
      text: `${zone.name}: ${left} ≤ ${right}${belowWhat(zone, availableKib)}`,
    }
  }
  const fragmented = request.order > 0 ? whyFragmented(zone, request, availableKib, requiredKib) : undefined
  if (fragmented !== undefined)
    return {
      ...numbers,
      reason: 'fragmented',
      refused: true,
      text: `${zone.name}: ${left} > ${right}, but ${fragmented}`,
    }
  return {
    ...numbers,
    reason: 'accepts',
    refused: false,
    text: `${zone.name}: ${left} > ${right}: by the printed numbers it would now accept`,
  }
}

/** What is free and not for this request. The last attempt may use neither highatomic nor CMA blocks. */
function withheldFrom(zone: Zone, { order, pageKib }: WatermarkRequest): { name: string; kib: number }[] {
  return [
    { name: `for order ${order}`, kib: (2 ** order - 1) * pageKib },
    // 6.13+ prints what of the reserve is free, and subtracts that.
    { name: 'highatomic', kib: zone.freeHighatomicKib ?? zone.reservedHighatomicKib ?? 0 },
    { name: 'CMA', kib: zone.freeCmaKib ?? 0 },
  ].filter(({ kib }) => kib > 0)
}

function belowWhat({ minKib, lowKib }: Zone, availableKib: number): string {
  if (minKib !== undefined && availableKib < minKib) return ` (below its min ${minKib} too)`
  return lowKib !== undefined && availableKib < lowKib ? ` (below its low ${lowKib} too)` : ''
}

/** The lists that any request may take from; H, C and I are for others. */
const SUITABLE = /[UME]/

/**
 * Before 4.4 what is free in smaller blocks was taken off, and the mark halved, order by order. Since, one block that is
 * large enough and of a usual type is enough. Source: mm/page_alloc.c, __zone_watermark_ok.
 * @returns undefined where it is not, or cannot be told
 */
function whyFragmented(
  zone: Zone,
  { order, version, pageKib }: WatermarkRequest,
  availableKib: number,
  requiredKib: number,
): string | undefined {
  const blocks = zone.buddy?.blocks
  if (blocks === undefined || blocks.length === 0) return undefined
  const sizeKib = 2 ** order * pageKib
  if (version >= 4004) {
    const suitable = blocks.some(
      (block) => block.sizeKib >= sizeKib && block.count > 0 && SUITABLE.test(block.types ?? 'U'),
    )
    return suitable ? undefined : `no free block of ${formatKib(sizeKib)} or more that it may take`
  }
  let freeKib = availableKib
  // The reserve is not part of what is halved.
  let markKib = zone.highKib ?? requiredKib
  for (let at = 0; at < order; at++) {
    const smaller = blocks.find((block) => block.sizeKib === 2 ** at * pageKib)
    freeKib -= (smaller?.count ?? 0) * 2 ** at * pageKib
    markKib = Math.floor(markKib / pageKib / 2) * pageKib
    if (freeKib <= markKib)
      return `of that, blocks of ${formatKib(2 ** (at + 1) * pageKib)} or more are ${freeKib} kB ≤ ${markKib}, high halved ${at + 1} ${at === 0 ? 'time' : 'times'}`
  }
  return undefined
}
