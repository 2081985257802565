import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { pack } from 'tar-stream'

const GO_NAMES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }
/** This machine's architecture, as Go and images call it. */
export const GO_ARCH = GO_NAMES[process.arch] ?? process.arch

/** An image of one static program: nothing else is in it. */
export interface ProgramImage {
  /** Repository and tag. */
  name: string
  program: string
  content: Uint8Array
  goArch: string
}

/** What `docker save` writes and `ctr images import` reads. */
export async function packDockerArchive(image: ProgramImage): Promise<Buffer> {
  const layer = await packTar([{ path: image.program, content: image.content, mode: 0o755 }])
  const config = Buffer.from(
    JSON.stringify({
      architecture: image.goArch,
      os: 'linux',
      config: { Entrypoint: [`/${image.program}`], Env: ['PATH=/'], WorkingDir: '/' },
      rootfs: { type: 'layers', diff_ids: [`sha256:${sha256(layer)}`] },
    }),
  )
  const configFile = `${sha256(config)}.json`
  const manifest = [{ Config: configFile, RepoTags: [image.name], Layers: ['layer.tar'] }]
  return packTar([
    { path: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
    { path: configFile, content: config },
    { path: 'layer.tar', content: layer },
  ])
}

interface TarEntry {
  path: string
  content: Uint8Array
  mode?: number
}

/** The same bytes for the same files: owner root, time zero. */
function packTar(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack()
  for (const { path, content, mode = 0o644 } of entries) {
    archive.entry({ name: path, mode, mtime: new Date(0) }, Buffer.from(content))
  }
  archive.finalize()
  return buffer(archive)
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
