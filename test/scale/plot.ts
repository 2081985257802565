import type { StageResult } from './scale.ts'

const PANEL = { width: 300, height: 180, left: 60, top: 40, gap: 40 }

interface Series {
  title: string
  values: readonly number[]
}

/** One small plot for each figure, over the number of nodes (logarithmic), as SVG. */
export function drawGrowth(results: readonly StageResult[]): string {
  const nodes = results.map(({ sizes }) => sizes.nodes)
  const of = (pick: (result: StageResult) => number): number[] => results.map(pick)
  const worst = (pick: (storm: StageResult['storms'][number]) => number) =>
    of(({ storms }) => Math.max(...storms.map(pick)))
  const panels: Series[] = [
    { title: "operator's resident memory at its peak, MB", values: worst(({ peakRssMb }) => peakRssMb) },
    { title: 'a kill in the quiet is seen, p99, ms', values: of(({ quietP99Ms }) => quietP99Ms) },
    { title: 'last report right after the last kill, s', values: worst(({ settledS }) => settledS) },
  ]
  const step = PANEL.left + PANEL.width + PANEL.gap
  const size = { width: panels.length * step, height: PANEL.top + PANEL.height + 50 }
  const drawn = panels.map((series, at) => `<g transform="translate(${at * step} 0)">${drawPanel(series, nodes)}</g>`)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12">`,
    `<rect width="${size.width}" height="${size.height}" fill="#fff"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n')
}

function drawPanel({ title, values }: Series, nodes: readonly number[]): string {
  const top = roundUp(Math.max(...values, Number.MIN_VALUE))
  const [first = 1, last = 1] = [nodes[0], nodes.at(-1)].map((count) => Math.log10(count ?? 1))
  const x = (count: number): number =>
    PANEL.left + (last === first ? 0.5 : (Math.log10(count) - first) / (last - first)) * PANEL.width
  const y = (value: number): number => PANEL.top + (1 - value / top) * PANEL.height
  const points = values.map((value, at) => ({ x: x(nodes[at] ?? 1).toFixed(1), y: y(value).toFixed(1), value }))
  const line = (x1: number, y1: number, x2: number, y2: number): string =>
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ccc"/>`
  const bottom = PANEL.top + PANEL.height
  return [
    `<text x="${PANEL.left}" y="20" font-weight="bold">${title}</text>`,
    ...[0, 0.5, 1].map((share) => {
      const at = y(share * top)
      return `${line(PANEL.left, at, PANEL.left + PANEL.width, at)}<text x="${PANEL.left - 6}" y="${at + 4}" text-anchor="end">${Number((share * top).toPrecision(3))}</text>`
    }),
    ...nodes.map((count) => `<text x="${x(count).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${count}</text>`),
    `<text x="${PANEL.left + PANEL.width / 2}" y="${bottom + 38}" text-anchor="middle">nodes</text>`,
    `<polyline fill="none" stroke="#06c" stroke-width="2" points="${points.map((point) => `${point.x},${point.y}`).join(' ')}"/>`,
    ...points.map(
      (point) =>
        `<circle cx="${point.x}" cy="${point.y}" r="3" fill="#06c"><title>${point.value.toFixed(2)}</title></circle>`,
    ),
  ].join('')
}

/** The next of 1, 2, 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power
}
