import { MAX_RANK_ROWS } from '#contract/rank.ts'

export type RankQuery = { ok: true; node: string; top: number } | { ok: false; reason: string }

/** RFC 1123, as Kubernetes names nodes: nothing that would be another subject. */
const NODE = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

/** `?node=NODE&top=N`; top is 10 where it is not given. */
export function parseRankQuery(query: URLSearchParams): RankQuery {
  const node = query.get('node') ?? ''
  const topText = query.get('top') ?? '10'
  const top = /^\d{1,3}$/.test(topText) ? Number(topText) : 0
  if (!NODE.test(node)) return { ok: false, reason: `node: expected the name of a node, got ${JSON.stringify(node)}` }
  if (top < 1 || top > MAX_RANK_ROWS) {
    return {
      ok: false,
      reason: `top: expected a number from 1 to ${MAX_RANK_ROWS}, got ${JSON.stringify(topText)}`,
    }
  }
  return { ok: true, node, top }
}
