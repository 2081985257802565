import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../cluster/build/ensureBuilt.ts'
import { ARCHITECTURES, ownArchitecture, type Architecture } from '../cluster/host/architecture.ts'
import { ensureEmulator } from '../cluster/host/emulator.ts'

interface Manifest {
  layers: { digest: string }[]
  config: { digest: string }
}

export interface ImageConfig {
  created: string
  config: { User: string; Env: string[]; Entrypoint: string[]; Cmd: string[] }
}

/** One platform of an OCI archive, as a node unpacks it. */
export interface UnpackedImage {
  root: string
  config: ImageConfig
  /** How its Node.js is started here, with its own libraries: emulated where it is another machine's. */
  node: readonly [string, ...string[]]
}

export async function unpackImage(archive: string, architecture: Architecture, folder: string): Promise<UnpackedImage> {
  const layout = join(folder, `${architecture}-layout`)
  const root = join(folder, `${architecture}-root`)
  for (const path of [layout, root]) mkdirSync(path, { recursive: true })
  execFileSync('tar', ['-xf', archive, '-C', layout])
  const fileOf = ({ digest }: { digest: string }): string => join(layout, 'blobs', digest.replace(':', '/'))
  const read = <Content>(file: string): Content => JSON.parse(readFileSync(file, 'utf8')) as Content

  const { manifests } = read<{ manifests: { digest: string }[] }>(join(layout, 'index.json'))
  const index = read<{ manifests: { digest: string; platform: { architecture: string } }[] }>(
    fileOf(manifests[0] ?? { digest: 'none' }),
  )
  const platform = index.manifests.find((manifest) => manifest.platform.architecture === architecture)
  if (platform === undefined) throw new Error(`expected an image for ${architecture} in ${archive}, got none`)
  const manifest = read<Manifest>(fileOf(platform))
  for (const layer of manifest.layers) execFileSync('tar', ['-xzf', fileOf(layer), '-C', root])
  const config = read<ImageConfig>(fileOf(manifest.config))
  rmSync(layout, { recursive: true })
  return { root, config, node: await nodeOf(root, architecture) }
}

async function nodeOf(root: string, architecture: Architecture): Promise<UnpackedImage['node']> {
  const node = join(root, 'nodejs/bin/node')
  if (architecture !== ownArchitecture())
    return [await ensureEmulator(architecture, cacheFolder(), () => undefined), '-L', root, node]
  const triplet = `${ARCHITECTURES[architecture].machine}-linux-gnu`
  const libraries = [join(root, 'lib', triplet), join(root, 'usr/lib', triplet)]
  const [loader = ''] = readdirSync(join(root, 'lib', triplet)).filter((name) => name.startsWith('ld-linux-'))
  return [join(root, 'lib', triplet, loader), '--library-path', libraries.join(':'), node]
}
