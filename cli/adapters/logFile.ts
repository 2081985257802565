import { closeSync, openSync, readSync } from 'node:fs'
import { describeUnusable, HEAD_BYTES, isGzip } from '#kernel/transport/unusable.ts'
import { EXIT, ProgramError, messageOf } from '#program/errors.ts'

const CHUNK_BYTES = 256 * 1024

/**
 * A saved log's text in pieces, unpacked where it is gzip. Path `-` is the standard input.
 * @throws ProgramError InputUnusable, with the path and the reason, where it cannot be read or is no text
 */
export async function* readLogFile(path: string): AsyncGenerator<Buffer> {
  const name = path === '-' ? 'the standard input' : path
  try {
    const packed = await readHead(openChunks(path))
    if (packed.head.length === 0) throw unusable(name, 'nothing: it is empty')
    if (!isGzip(packed.head)) {
      yield* readText(name, packed)
      return
    }
    // Loaded only when needed.
    const [{ createGunzip }, { Readable }] = await Promise.all([import('node:zlib'), import('node:stream')])
    const unpacked = Readable.from(chunksOf(packed)).pipe(createGunzip())
    const text = await readHead(unpacked as AsyncIterable<Buffer>)
    if (text.head.length === 0) throw unusable(name, 'gzip of nothing: it is empty')
    yield* readText(name, text)
  } catch (error) {
    throw error instanceof ProgramError ? error : unusable(name, reasonOf(error), error)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'a folder',
  Z_BUF_ERROR: 'gzip that is cut off',
  Z_DATA_ERROR: 'gzip that is damaged',
}

function reasonOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  return REASONS[code] ?? messageOf(error)
}

function openChunks(path: string): AsyncIterable<Buffer> {
  return path === '-' ? (process.stdin as AsyncIterable<Buffer>) : readChunks(path)
}

/**
 * Read synchronously: nothing else waits, and loading node's streams takes longer than most logs. A piece holds until the
 * next one is asked for.
 */
async function* readChunks(path: string): AsyncGenerator<Buffer> {
  const file = openSync(path, 'r')
  try {
    const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    for (;;) {
      const length = readSync(file, chunk)
      if (length === 0) return
      yield chunk.subarray(0, length)
    }
  } finally {
    closeSync(file)
  }
}

/** A stream whose beginning was looked at. */
interface Opened {
  head: Buffer
  rest: AsyncIterator<Buffer>
}

async function readHead(chunks: AsyncIterable<Buffer>): Promise<Opened> {
  const rest = chunks[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  while (head.length < HEAD_BYTES) {
    const { done, value } = await rest.next()
    if (done === true) break
    head = Buffer.concat([head, value])
  }
  return { head, rest }
}

async function* chunksOf({ head, rest }: Opened): AsyncGenerator<Buffer> {
  yield head
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}

async function* readText(name: string, opened: Opened): AsyncGenerator<Buffer> {
  const reason = describeUnusable(opened.head.subarray(0, HEAD_BYTES))
  if (reason !== undefined) throw unusable(name, reason)
  yield* chunksOf(opened)
}

function unusable(name: string, reason: string, cause?: unknown): ProgramError {
  return new ProgramError(`${name}: expected a log as text or gzip, got ${reason}`, {
    code: 'InputUnusable',
    retry: false,
    exitCode: EXIT.usage,
    facts: { name },
    cause,
  })
}
