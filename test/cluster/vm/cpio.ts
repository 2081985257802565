import { dirname } from 'node:path'

/** A file of an initramfs; a path that ends with `/` is a folder. */
export interface CpioEntry {
  path: string
  content?: Uint8Array
  mode?: number
}

const FOLDER = 0o040_000
const FILE = 0o100_000

/**
 * An archive that the kernel unpacks as its first root file system: owner root, time zero, so that the same files make
 * the same bytes. Source: Documentation/driver-api/early-userspace/buffer-format.rst, "newc".
 */
export function packCpio(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.map(({ path, content, mode = 0o755 }, index) => {
    const type = path.endsWith('/') ? FOLDER : FILE
    return packEntry(path.replace(/\/$/, ''), content ?? new Uint8Array(), type | mode, index + 1)
  })
  return Buffer.concat([...parts, packEntry('TRAILER!!!', new Uint8Array(), 0, 0)])
}

/** The same of files by their paths, with the folders that they are in. */
export function packFiles(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const folders = new Set([...files.keys()].flatMap(foldersOf))
  const entries: CpioEntry[] = [...folders].toSorted().map((path) => ({ path: `${path}/` }))
  for (const [path, content] of files) entries.push({ path, content })
  return packCpio(entries)
}

function foldersOf(path: string): string[] {
  const folder = dirname(path)
  return folder === '.' ? [] : [...foldersOf(folder), folder]
}

function packEntry(name: string, content: Uint8Array, mode: number, inode: number): Buffer {
  const nameBytes = Buffer.from(`${name}\0`)
  const links = (mode & FOLDER) === FOLDER ? 2 : 1
  // inode, mode, uid, gid, links, time, size, device and special device, name's size, checksum (none)
  const numbers = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, nameBytes.length, 0]
  const header = `070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), nameBytes])), padded(content)])
}

/** To a multiple of four, as every part begins at one. */
function padded(bytes: Uint8Array): Uint8Array {
  const missing = (4 - (bytes.length % 4)) % 4
  return Buffer.concat([bytes, Buffer.alloc(missing)])
}
