import { statSync } from 'node:fs'

interface Terminal {
  isTTY?: boolean
  write(text: string): unknown
}

const EVERY_MS = 200
/** What takes no time needs no bar. */
const AFTER_MS = 500
const WIDTH = 30
const MIB = 1024 ** 2

/** Passes the pieces of a log on, with a bar on a terminal while that takes its time; the bar is gone in the end. */
export async function* withProgress(
  chunks: AsyncIterable<Buffer>,
  path: string,
  terminal: Terminal,
): AsyncGenerator<Buffer> {
  const wholeBytes = terminal.isTTY ? sizeOf(path) : undefined
  if (wholeBytes === undefined) {
    yield* chunks
    return
  }
  let bytes = 0
  let dueMs = performance.now() + AFTER_MS
  let shown = false
  for await (const chunk of chunks) {
    yield chunk
    bytes += chunk.length
    if (performance.now() < dueMs) continue
    dueMs = performance.now() + EVERY_MS
    shown = true
    terminal.write(`\r${bar(bytes, wholeBytes)}`)
  }
  if (shown) terminal.write(`\r${' '.repeat(WIDTH + 30)}\r`)
}

/** Unpacked, a log may be longer than its file. */
function bar(bytes: number, wholeBytes: number): string {
  const done = Math.min(WIDTH, Math.round((bytes / wholeBytes) * WIDTH))
  const figures = `${(bytes / MIB).toFixed(0)} of ${(wholeBytes / MIB).toFixed(0)} MiB`
  return `${'█'.repeat(done)}${'░'.repeat(WIDTH - done)} ${figures}`
}

function sizeOf(path: string): number | undefined {
  try {
    const stats = statSync(path)
    return stats.isFile() ? stats.size : undefined
  } catch {
    return undefined
  }
}
