import { isIn } from './path.ts'

/** A kill line whose cgroup the counts are to tell. */
export interface CountedLine {
  /** Once only one can be meant. */
  readonly cgroupPath: string | undefined
  /** Nothing is to come that could still tell. */
  readonly isOver: boolean
}

interface OpenLine extends CountedLine {
  cgroupPath: string | undefined
  isOver: boolean
}

/** The kills between two looks. */
interface Span {
  /** The kernel's count at its end. */
  to: number
  /** What cgroups have counted in it, less the lines that are known to be theirs. */
  left: Map<string, number>
  /** What cgroups counted that are gone, less the lines that are known to be theirs. */
  leftOfGone: number
  unread: number
  open: OpenLine[]
  /** A line was named for a cgroup that had counted none: one of the two is wrong. */
  isContradicted: boolean
}

/** Storms are over before there are more; the oldest are let go of. */
const MAX_SPANS = 256
const MAX_OPEN = 1_024

/**
 * Lines and counts of kills, brought together by their order. The kernel kills one after the other (oom_lock): it counts a
 * kill, on the machine and for the victim's cgroup, then prints its line. So the kills that were counted between two looks
 * are those of as many lines in a row, and what each cgroup has grown by in between, less the lines whose cgroup is known, is
 * what the others of them are about. Where that is one cgroup, it is theirs.
 * Source: mm/oom_kill.c, out_of_memory and __oom_kill_process (6.18).
 */
export class KillSpans {
  #spans: Span[] = []
  readonly #from: number
  /** The kernel's count, as far as lines were read. */
  #told: number
  /** The kernel's count at the last look. */
  #to: number
  /** Lines of kills since the last look. */
  readonly #named = new Map<string, number>()
  #open: OpenLine[] = []
  /** Lines were lost: which are about which span is not known. */
  #isLost = false
  /** One that was read since could not be named. */
  #isUnsure = false

  /**
   * @param kills the kernel's count when the cgroups were looked at first
   * @param told of these, the kills whose lines had been read; the others are known by no look
   */
  constructor(kills: number, told = kills) {
    this.#told = told
    this.#from = kills
    this.#to = kills
  }

  get told(): number {
    return this.#told
  }

  get isLost(): boolean {
    return this.#isLost
  }

  get lookedAtKills(): number {
    return this.#to
  }

  /** Lines since the last look, by the cgroup that they are known to be about. */
  get named(): ReadonlyMap<string, number> {
    return this.#named
  }

  /** Whether there are lines to come that were on their way at the first look. */
  get isWaiting(): boolean {
    return this.#told < this.#from
  }

  /** Whether there are lines that the next look may name. */
  get hasOpen(): boolean {
    return this.#open.length > 0
  }

  /** A line was read. @param cgroupPath where it is known otherwise */
  take(cgroupPath: string | undefined): CountedLine {
    this.#told++
    const line: OpenLine = { cgroupPath, isOver: cgroupPath !== undefined || this.#told <= this.#from }
    if (this.#told <= this.#from) return line
    const span = this.#isLost ? undefined : this.#spans.find(({ to }) => this.#told <= to)
    if (span !== undefined) {
      span.unread--
      if (cgroupPath === undefined) span.open.push(line)
      else takeOff(span, cgroupPath)
      this.#resolve(span)
    } else if (cgroupPath !== undefined) {
      this.#named.set(cgroupPath, (this.#named.get(cgroupPath) ?? 0) + 1)
    } else if (this.#isLost) {
      this.#isUnsure = true
      line.isOver = true
    } else {
      this.#open.push(line)
      if (this.#open.length > MAX_OPEN) giveUp(this.#open.splice(0, 1))
    }
    return line
  }

  /**
   * The counts were looked at, at one moment: no kill came in between.
   * @param kills the kernel's count
   * @param grown what cgroups have counted since the last look; what is missing was counted by ones that are gone
   */
  look(kills: number, grown: ReadonlyMap<string, number>): void {
    const sum = [...grown.values()].reduce((all, growth) => all + growth, 0)
    const span: Span = {
      to: kills,
      left: new Map(grown),
      leftOfGone: kills - this.#to - sum,
      // Lines of kills before this span may be unread, too.
      unread: kills - Math.max(this.#told, this.#to),
      open: this.#open,
      isContradicted: false,
    }
    for (const [path, lines] of this.#named) for (let line = 0; line < lines; line++) takeOff(span, path)
    this.#to = kills
    this.#named.clear()
    this.#open = []
    this.#spans.push(span)
    if (this.#spans.length > MAX_SPANS) giveUp(this.#spans.shift()?.open ?? [])
    this.#resolve(span)
  }

  /** Kill lines may be among records that are lost: no line is named any more. */
  lose(): void {
    this.#isUnsure ||= this.left() === undefined
    this.#isLost = true
    for (const { open } of this.#spans) giveUp(open)
    giveUp(this.#open)
    this.#open = []
  }

  /** What cgroups had counted at the last look and no line is known to be about. Undefined where a line may be about any. */
  left(): ReadonlyMap<string, number> | undefined {
    const left = new Map<string, number>()
    if (this.#isUnsure || this.#open.length > 0) return undefined
    for (const span of this.#spans) {
      if (span.isContradicted || span.open.length > 0) return undefined
      for (const [path, growth] of span.left) left.set(path, (left.get(path) ?? 0) + growth)
    }
    return left
  }

  /** Where the kills may have been that have no name yet. */
  grown(): string[] {
    return [...new Set(this.#spans.flatMap(({ left }) => [...left.keys()]))]
  }

  #resolve(span: Span): void {
    const [only, other] = span.left
    if (span.isContradicted) {
      giveUp(span.open)
    } else if (only !== undefined && other === undefined && span.leftOfGone === 0) {
      const [path, growth] = only
      for (const line of span.open) Object.assign(line, { cgroupPath: path, isOver: true })
      if (growth > span.open.length) span.left.set(path, growth - span.open.length)
      else span.left.delete(path)
      span.open = []
    }
    if (span.unread > 0) return
    giveUp(span.open)
    this.#spans = this.#spans.filter((other) => other !== span)
  }
}

/** A line that is known to be about this cgroup, or about one below it. */
function takeOff(span: Span, cgroupPath: string): void {
  const below = [...span.left.keys()].filter((path) => isIn(path, cgroupPath))
  const path = span.left.has(cgroupPath) || below.length !== 1 ? cgroupPath : (below[0] ?? cgroupPath)
  const growth = span.left.get(path)
  if (growth === undefined && span.leftOfGone === 0) span.isContradicted = true
  else if (growth === undefined) span.leftOfGone--
  else if (growth > 1) span.left.set(path, growth - 1)
  else span.left.delete(path)
}

function giveUp(lines: readonly OpenLine[]): void {
  for (const line of lines) line.isOver = true
}
