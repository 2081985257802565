import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

/** What an image has at a path; the path has no slash in front. Owners are root, times are zero: neither is kept. */
export type ImageFile =
  | { path: string; type: 'file'; mode: number; content: Uint8Array }
  | { path: string; type: 'directory'; mode: number }
  | { path: string; type: 'symlink'; target: string }

/** A file that everybody may read. */
export function textFile(path: string, content: string | Uint8Array): ImageFile {
  return { path, type: 'file', mode: 0o644, content: Buffer.from(content) }
}

/** All that is below a folder. @throws Error at what no image of ours has: a device, a socket, a pipe */
export function readTree(folder: string): ImageFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry): ImageFile => {
    const file = join(entry.parentPath, entry.name)
    const path = relative(folder, file)
    if (entry.isSymbolicLink()) return { path, type: 'symlink', target: readlinkSync(file) }
    if (entry.isDirectory()) return { path, type: 'directory', mode: 0o755 }
    // Whether a file is a program is its own; the rest of its mode is the umask of whoever builds.
    const mode = statSync(file).mode & 0o100 ? 0o755 : 0o644
    if (entry.isFile()) return { path, type: 'file', mode, content: readFileSync(file) }
    throw new Error(`expected files, folders and links below ${folder}, got something else: ${path}`)
  })
}
