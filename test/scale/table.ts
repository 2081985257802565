import type { StageResult } from './scale.ts'
import type { StormResult } from './storm.ts'

const HEAD = [
  'nodes',
  'pods',
  'reports',
  'RSS idle, peak (MB)',
  'a kill is seen: p50, p99 (ms)',
  'even: kills/s, right after the last (s), of the limit',
  'skewed',
]

/** How each grows, in Markdown. */
export function growthTable(results: readonly StageResult[]): string {
  const rows = results.map(({ sizes, idleRssMb, quietP50Ms, quietP99Ms, storms }) => {
    const peak = Math.max(...storms.map(({ peakRssMb }) => peakRssMb))
    return [
      String(sizes.nodes),
      String(sizes.pods),
      String(sizes.workloads),
      `${idleRssMb.toFixed(0)}, ${peak.toFixed(0)}`,
      `${quietP50Ms.toFixed(0)}, ${quietP99Ms.toFixed(0)}`,
      ...storms.map((storm) => stormCell(storm, sizes.stormSeconds)),
    ]
  })
  return [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function stormCell({ kills, settledS, ratio }: StormResult, stormSeconds: number): string {
  return `${(kills / stormSeconds).toFixed(1)}, ${settledS.toFixed(1)}, ${ratio.toFixed(2)}`
}
