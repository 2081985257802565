import { closeSync, constants, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Access, NodeFiles } from '../../agent/node/nodeFiles.ts'

/** /proc/zoneinfo grows with processors and zones: 1 MiB on the largest machines. What is longer is cut. */
const MAX_BYTES = 4 * 1024 * 1024
const CHUNK_BYTES = 64 * 1024

/** A node's files below the folder where its root is. Nothing there is waited for: a pipe in place of a file reads as empty. */
export class NodeRoot implements NodeFiles {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  readText(path: string): string | undefined {
    try {
      return this.#withFile(path, readAll).toString('utf8')
    } catch {
      return undefined
    }
  }

  access(path: string): Access {
    try {
      this.#withFile(path, () => undefined)
      return 'there'
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      return code === 'EACCES' || code === 'EPERM' ? 'forbidden' : 'missing'
    }
  }

  #withFile<T>(path: string, use: (descriptor: number) => T): T {
    const descriptor = openSync(join(this.#root, path), constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      return use(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }
}

function readAll(descriptor: number): Buffer {
  const chunks: Buffer[] = []
  for (let length = 0; length < MAX_BYTES;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const bytes = readSync(descriptor, chunk, 0, CHUNK_BYTES, null)
    if (bytes === 0) break
    chunks.push(chunk.subarray(0, bytes))
    length += bytes
  }
  return Buffer.concat(chunks)
}
