import type { MemorySection } from '#kernel/explain/memory.ts'
import { KIND_NAMES } from '#kernel/explain/memoryKinds.ts'
import { formatKib, formatShare } from '#kernel/explain/quantity.ts'
import type { Style } from './style.ts'
import { bar, cell, WIDTH } from './layout.ts'

const NAME_WIDTH = 21
const SIZE_WIDTH = 9
const SHARE_WIDTH = 7
const BAR_WIDTH = WIDTH - 2 - NAME_WIDTH - SIZE_WIDTH - SHARE_WIDTH - 3

/** Smaller parts are left to --verbose. */
const SHOWN_SHARE = 0.005
const SHOWN_PROCESSES = 8

/** Memory by kind, the largest first. */
export function kindBars({ kinds, wholeKib }: MemorySection, style: Style, verbose: boolean): string[] {
  const sum = kinds.reduce((kib, kind) => kib + kind.kib, 0)
  const whole = wholeKib ?? sum
  return kinds
    .filter(({ kib }) => kib > 0 && (verbose || kib >= whole * SHOWN_SHARE))
    .toSorted((a, b) => b.kib - a.kib)
    .map(({ kind, kib }) => barLine(KIND_NAMES[kind], kib, whole, style))
}

/**
 * Memory by command, the largest first: resident, swap and page tables. Swap is no part of the memory, and what processes
 * share is counted for each: where all that is more than the memory, shares are of what they hold in all.
 */
export function processBars(memory: MemorySection, style: Style, verbose: boolean): string[] {
  const { processes, processWholeKib: wholeKib } = memory
  if (processes.length === 0) return []
  const sumKib = processes.reduce((kib, group) => kib + group.heldKib, 0)
  const isOfSum = wholeKib === undefined || sumKib > wholeKib
  const whole = isOfSum ? sumKib : wholeKib
  const head = `  by command: ${memory.counted.join(', ')}${isOfSum ? '; shares of their sum' : ''}`
  const shown = verbose ? processes : processes.slice(0, SHOWN_PROCESSES).filter(({ heldKib }) => heldKib > 0)
  const lines = shown.map((group) =>
    barLine(
      group.processes === 1 ? group.command : `${group.command} ×${group.processes}`,
      group.heldKib,
      whole,
      style,
    ),
  )
  const rest = processes.slice(shown.length)
  const restKib = rest.reduce((kib, group) => kib + group.heldKib, 0)
  const others = rest.length === 0 ? [] : [barLine(`${rest.length} other commands`, restKib, whole, style)]
  return [head, ...lines, ...others]
}

function barLine(name: string, kib: number, whole: number, style: Style): string {
  const size = formatKib(kib).padStart(SIZE_WIDTH)
  const share = formatShare(kib, whole).padStart(SHARE_WIDTH)
  return `  ${cell(name, NAME_WIDTH)} ${size} ${share} ${style.bar(bar(kib, whole, BAR_WIDTH))}`.trimEnd()
}
