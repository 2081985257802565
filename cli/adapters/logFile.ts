import { createReadStream } from 'node:fs'
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
    if (packed.head.length === 0) throw unusable(name, 'empty')
    if (!isGzip(packed.head)) {
      yield* readText(name, packed)
      return
    }
    // Loaded only when needed.
    const [{ createGunzip }, { Readable }] = await Promise.all([import('node:zlib'), import('node:stream')])
    const unpacked = Readable.from(chunksOf(packed)).pipe(createGunzip())
    yield* readText(name, await readHead(unpacked as AsyncIterable<Buffer>))
  } catch (error) {
    throw error instanceof ProgramError ? error : unusable(name, messageOf(error), error)
  }
}

function openChunks(path: string): AsyncIterable<Buffer> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES })
  return stream as AsyncIterable<Buffer>
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
