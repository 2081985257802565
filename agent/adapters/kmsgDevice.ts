import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { messageOf } from '#program/errors.ts'
import { describeKmsgUnreadable } from '../errors.ts'
import { RecordSplitter } from '../kmsg/split.ts'
import type { KmsgSource } from './kmsgSource.ts'

/**
 * Reads /dev/kmsg as the kernel writes it, waiting in epoll: the descriptor is given to a libuv pipe handle, which
 * costs 0.009 % of a core when idle and leaves at once when closed (a read in the thread pool hangs until the next
 * kernel line). The handle is internal to Node (DEP0111), so it is probed, and a child `cat` stands in for it.
 */
export class KmsgDevice implements KmsgSource {
  readonly description: string
  readonly #path: string
  readonly #logger: Logger
  readonly #wrapPipe: WrapPipe | null
  #stream: Socket | undefined
  #paused = false
  #trouble: string | undefined

  /** @param wrapPipe how to wait for records in epoll; null where a child `cat` has to. */
  constructor(path: string, logger: Logger, wrapPipe: WrapPipe | null = probePipeHandle()) {
    this.#path = path
    this.description = path
    this.#logger = logger
    this.#wrapPipe = wrapPipe
  }

  get trouble(): string | undefined {
    return this.#trouble
  }

  async run(onRecord: (record: Buffer) => void, signal: AbortSignal): Promise<void> {
    const wrapPipe = this.#wrapPipe
    if (wrapPipe === null)
      this.#logger.warn('this Node has no pipe handle to read kmsg with; reading through a child `cat`')
    while (!signal.aborted) {
      const descriptor = this.#open(wrapPipe ? constants.O_NONBLOCK : 0)
      if (descriptor === undefined) {
        await sleep(UNREADABLE_MS, undefined, { signal }).catch(() => undefined)
        continue
      }
      const error = wrapPipe
        ? await this.#finish(wrapPipe(descriptor, onRecord), signal)
        : await this.#readCat(descriptor, onRecord, signal)
      if (signal.aborted) return
      // EPIPE: overtaken by the ring. A new descriptor begins at the oldest record left; what is known is skipped.
      if (errorCode(error) !== 'EPIPE') {
        this.#logger.warn(
          { code: errorCode(error) },
          `reading ${this.#path} broke off: ${messageOf(error)}; opening it again`,
        )
        await sleep(REOPEN_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }

  pause(): void {
    this.#paused = true
    this.#stream?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#stream?.resume()
  }

  /** Without the right to read it, the rest of the agent's work goes on, and this is said once. */
  #open(flags: number): number | undefined {
    try {
      const descriptor = openSync(this.#path, constants.O_RDONLY | flags)
      if (this.#trouble !== undefined) this.#logger.info(`${this.#path} can be read now`)
      this.#trouble = undefined
      return descriptor
    } catch (error) {
      const trouble = describeKmsgUnreadable(this.#path, error)
      if (trouble !== this.#trouble) this.#logger.error(trouble)
      this.#trouble = trouble
      return undefined
    }
  }

  async #readCat(descriptor: number, onRecord: (record: Buffer) => void, signal: AbortSignal): Promise<unknown> {
    const cat = spawn('cat', [], { stdio: [descriptor, 'pipe', 'ignore'] })
    closeSync(descriptor)
    const splitter = new RecordSplitter(onRecord)
    const stream = cat.stdout as Socket
    stream.on('data', (chunk: Buffer) => splitter.push(chunk))
    cat.once('error', (error) => stream.destroy(error))
    const error = await this.#finish(stream, signal)
    cat.kill()
    return error
  }

  /** Resolves with why the stream ended; closes it when the signal is aborted. */
  async #finish(stream: Socket, signal: AbortSignal): Promise<unknown> {
    this.#stream = stream
    if (this.#paused) stream.pause()
    let failure: unknown
    stream.on('error', (error) => (failure = error))
    const close = () => stream.destroy()
    signal.addEventListener('abort', close, { once: true })
    await new Promise<void>((resolve) => stream.once('close', () => resolve()))
    signal.removeEventListener('abort', close)
    this.#stream = undefined
    return failure
  }
}

const REOPEN_MS = 500
/** A right that is missing comes back with a hand on the machine, if ever. */
const UNREADABLE_MS = 10_000

type WrapPipe = (descriptor: number, onRecord: (record: Buffer) => void) => Socket

/** printk.c, CONSOLE_EXT_LOG_MAX: what one read returns at most. */
const MAX_RECORD_BYTES = 8192

interface PipeBinding {
  Pipe: new (type: number) => { open(descriptor: number): number | undefined }
  constants: { SOCKET: number }
}

/** @returns how to make a socket of a descriptor, or null where this Node does not offer it. */
export function probePipeHandle(): WrapPipe | null {
  let binding: PipeBinding
  try {
    // @ts-expect-error: not in the typings, on purpose (DEP0111)
    binding = process.binding('pipe_wrap') as PipeBinding
    if (typeof binding.Pipe !== 'function' || typeof binding.constants.SOCKET !== 'number') return null
  } catch {
    return null
  }
  return (descriptor, onRecord) => {
    const handle = new binding.Pipe(binding.constants.SOCKET)
    handle.open(descriptor)
    // One buffer for all records: without it each read takes 64 KiB, and the first look at the ring 100 MB.
    const onread = {
      buffer: Buffer.alloc(MAX_RECORD_BYTES),
      callback: (bytes: number, buffer: Uint8Array) => {
        onRecord(Buffer.from(buffer.buffer, buffer.byteOffset, bytes))
        return true
      },
    }
    // The constructor takes an internal handle, which the typings leave out.
    return new Socket({ handle, readable: true, writable: false, onread } as unknown as SocketConstructorOpts)
  }
}

function errorCode(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined
}
