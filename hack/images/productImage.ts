import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { cacheFolder, type Log } from '../../test/cluster/build/ensureBuilt.ts'
import { ownArchitecture, type Architecture } from '../../test/cluster/host/architecture.ts'
import { ensureEmulator } from '../../test/cluster/host/emulator.ts'
import { ensureApt } from '../../test/cluster/host/foreignApt.ts'
import { readAppFiles } from './appFiles.ts'
import { ensureNodeBase } from './baseRoot.ts'
import { readBuildFacts, type BuildFacts } from './buildFacts.ts'
import { CHECKOUT } from './checkout.ts'
import { packLayer } from './layer.ts'
import { ensureNodePackage } from './nodePackage.ts'
import { makeIndex, makePlatformImage, packOciArchive, type PlatformImage } from './ociImage.ts'
import { composeBom } from './sbom.ts'
import { startConfig } from './startConfig.ts'

/** The chart's default, so that an imported image needs no values. */
export const PRODUCT_REPOSITORY = 'ghcr.io/oomkeeper/oomkeeper'

export interface ProductImageOptions {
  version: string
  architectures: readonly Architecture[]
  /** Where the archive and the bills of materials go. */
  folder?: string
  /** Holds what is fetched and made once. */
  cache?: string
  log: Log
}

export interface ProductImage {
  /** Repository and tag. */
  name: string
  /** Of the index, by which a registry names the image on all platforms. */
  digest: string
  /** RFC 3339 */
  created: string
  /** An OCI archive, as `ctr images import` takes it. */
  archive: string
  platforms: readonly BuiltPlatform[]
}

export interface BuiltPlatform {
  architecture: Architecture
  /** Of its manifest. */
  digest: string
  /** What a node downloads. */
  packedBytes: number
  /** What it takes on its disk. */
  unpackedBytes: number
  /** The bill of materials, as a file. */
  bom: string
}

/** Builds the image that ships, from dist/, Debian's packages and npm's Node.js: no registry of images is asked, nor is root needed. */
export async function buildProductImage(options: ProductImageOptions): Promise<ProductImage> {
  const { version, architectures, folder = join(CHECKOUT, 'dist'), cache = cacheFolder(), log } = options
  const facts = await readBuildFacts(version, process.env['SOURCE_DATE_EPOCH'])
  mkdirSync(folder, { recursive: true })
  const images: PlatformImage[] = []
  const platforms: BuiltPlatform[] = []
  for (const architecture of architectures) {
    const { image, bom, ...sizes } = await buildPlatform(architecture, facts, cache, log)
    images.push(image)
    const bomFile = join(folder, `oomkeeper-${version}-${architecture}.cdx.json`)
    writeFileSync(bomFile, bom)
    platforms.push({ architecture, digest: image.manifest.digest, bom: bomFile, ...sizes })
  }
  const name = `${PRODUCT_REPOSITORY}:${version}`
  const index = makeIndex(images)
  const only = architectures.length === 1 ? `-${architectures[0]}` : ''
  const archive = join(folder, `oomkeeper-${version}${only}.tar`)
  writeFileSync(archive, await packOciArchive(name, index, images))
  return { name, digest: index.digest, created: facts.created, archive, platforms }
}

async function buildPlatform(architecture: Architecture, facts: BuildFacts, cache: string, log: Log) {
  const nodePackage = await ensureNodePackage(architecture, cache, log)
  const base = await ensureNodeBase(architecture, nodePackage, await ensureApt(architecture, cache), cache, log)
  const foreignNode =
    architecture === ownArchitecture()
      ? undefined
      : ([await ensureEmulator(architecture, cache, log), '-L', base.root, join(base.root, 'nodejs/bin/node')] as const)
  log(`building ${PRODUCT_REPOSITORY}:${facts.version} for ${architecture} …`)
  const layers = [base.layer, await packLayer(readAppFiles(facts.packages, foreignNode))]
  const bom = composeBom({
    image: { repository: PRODUCT_REPOSITORY, version: facts.version },
    architecture,
    created: facts.created,
    npmComponents: facts.npmComponents,
    bundled: new Set(facts.packages.map(({ id }) => id)),
    paragraphs: base.paragraphs,
    distribution: distributionOf(readFileSync(join(base.root, 'usr/lib/os-release'), 'utf8')),
    // The lock file has one version for all architectures.
    node: { versions: process.versions, program: readFileSync(join(base.root, 'nodejs/bin/node')) },
  })
  return {
    image: makePlatformImage(architecture, layers, startConfig(facts), facts.created),
    bom,
    packedBytes: layers.reduce((sum, { blob }) => sum + blob.content.length, 0),
    unpackedBytes: layers.reduce((sum, layer) => sum + layer.unpackedBytes, 0),
  }
}

/** `debian-12` (os-release(5)). */
function distributionOf(osRelease: string): string {
  const field = (name: string): string => new RegExp(`^${name}="?([^"\n]+)"?$`, 'm').exec(osRelease)?.[1] ?? 'unknown'
  return `${field('ID')}-${field('VERSION_ID')}`
}
