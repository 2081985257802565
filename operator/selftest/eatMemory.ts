const CHUNK_BYTES = 4 * 1024 * 1024

/** Takes and writes memory until the kernel ends it. @returns when it has so much. */
export function eatMemory(bytes: number): number {
  const held: Buffer[] = []
  while (held.length * CHUNK_BYTES < bytes) held.push(Buffer.alloc(CHUNK_BYTES, 1))
  return held.length * CHUNK_BYTES
}
