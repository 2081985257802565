import { damageBytes, interleave, mutate, stretchLine, wrapLines } from '../../kernel/mutation.testkit.ts'
import { createRandom, pick, type Random } from '../../kernel/random.testkit.ts'
import { TRANSPORTS } from './transports.ts'

/** A log of the kernel's as saved, and what its records say. */
export interface FuzzLog {
  lines: readonly string[]
  texts: readonly string[]
}

/** A line so long takes more than a second where time goes by the square of its length. */
const STRETCHED = 60_000
/** Lines of a log that go into an input: a dump, or a good part of one. */
const MOST_LINES = 160

/**
 * The input of a seed, the same in every run: one or more logs in any transport, whole or a part, mixed, spoiled line by
 * line, broken at a width, and damaged byte by byte.
 */
export function createInput(seed: number, logs: readonly [FuzzLog, ...FuzzLog[]]): Buffer {
  const random = createRandom(seed)
  const parts = Array.from({ length: random(6) === 0 ? 2 + random(2) : 1 }, () => partOf(pick(logs, random), random))
  const joined = random(2) === 0 ? interleave(parts, random) : parts.flat()
  const spoiled = mutate(joined, random, pick([0, 2, 8, 30], random))
  const stretched = random(64) === 0 ? stretchLine(spoiled, STRETCHED, random) : spoiled
  const wrapped = random(8) === 0 ? wrapLines(stretched, 24 + random(120)) : stretched
  const text = wrapped.join(random(10) === 0 ? '\r\n' : '\n')
  const bytes = Buffer.from(random(20) === 0 ? text : `${text}\n`)
  return random(4) === 0 ? damageBytes(bytes, random) : bytes
}

function partOf(log: FuzzLog, random: Random): readonly string[] {
  const lines = random(3) === 0 ? log.lines : pick(TRANSPORTS, random)(log.texts)
  const most = random(20) === 0 ? lines.length : MOST_LINES
  if (lines.length <= most && random(3) > 0) return lines
  const start = random(lines.length)
  return lines.slice(start, start + 1 + random(most))
}
