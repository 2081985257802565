import { buffer } from 'node:stream/consumers'
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { makeBlob, sha256, type Blob } from './blob.ts'
import type { ImageFile } from './imageFile.ts'

export interface Layer {
  blob: Blob
  /** Of the tar in it, as the image's configuration names it. */
  diffId: string
  unpackedBytes: number
}

/** The same bytes for the same files, in whatever order they come. @param level as of zlib, 1 to 9 */
export async function packLayer(
  files: readonly ImageFile[],
  level: number = constants.Z_BEST_COMPRESSION,
): Promise<Layer> {
  const tar = await packTar(files)
  return describeLayer(gzipSync(tar, { level }), tar)
}

/** A layer that was packed before. */
export function openLayer(packed: Uint8Array): Layer {
  return describeLayer(packed, gunzipSync(packed))
}

function describeLayer(packed: Uint8Array, tar: Uint8Array): Layer {
  return {
    blob: makeBlob('application/vnd.oci.image.layer.v1.tar+gzip', packed),
    diffId: sha256(tar),
    unpackedBytes: tar.length,
  }
}

/** Owner root, time zero, folders before what is in them. */
export function packTar(files: readonly ImageFile[]): Promise<Buffer> {
  const archive = pack()
  const mtime = new Date(0)
  for (const file of files.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    if (file.type === 'file') archive.entry({ name: file.path, mode: file.mode, mtime }, Buffer.from(file.content))
    else if (file.type === 'directory')
      archive.entry({ name: `${file.path}/`, type: 'directory', mode: file.mode, mtime })
    else archive.entry({ name: file.path, type: 'symlink', linkname: file.target, mode: 0o777, mtime })
  }
  archive.finalize()
  return buffer(archive)
}
