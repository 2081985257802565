import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { cacheFolder, type Log } from '../build/ensureBuilt.ts'
import { ensurePrograms } from '../host/requirements.ts'
import { runCommand } from '../process/run.ts'
import { ensureNodeBase } from './nodeBase.ts'

const CHECKOUT = dirname(dirname(dirname(import.meta.dirname)))
/** The chart's default, so that an imported image needs no values. */
export const PRODUCT_REPOSITORY = 'ghcr.io/oomkeeper/oomkeeper'

export interface ProductImage {
  name: string
  /** A docker-archive, as `ctr images import` takes it. */
  archive: string
}

/** Builds the Dockerfile that ships from dist/, on a base made here: no registry is asked. */
export async function buildProductImage(version: string, log: Log): Promise<ProductImage> {
  for (const program of ['agent', 'operator', 'restore', 'cli']) {
    if (!existsSync(join(CHECKOUT, `dist/${program}.mjs`)))
      throw new Error(`expected dist/${program}.mjs, found none: run "make build" first`)
  }
  await ensurePrograms({ buildah: 'buildah' }, log)
  const nodePackage = dirname(createRequire(import.meta.url).resolve(`node-linux-${process.arch}/package.json`))
  const cache = cacheFolder()
  const base = await ensureNodeBase(cache, nodePackage, log)

  // A store of its own: nothing of this machine's images is seen or changed.
  const store = join(cache, 'buildah')
  mkdirSync(store, { recursive: true })
  const places = ['--root', join(store, 'root'), '--runroot', join(store, 'run'), '--storage-driver', 'vfs']
  const buildah = (...args: readonly string[]): Promise<string> =>
    runCommand(['buildah', ...places, ...args], { cwd: CHECKOUT, timeoutMs: 300_000 })
  const build = (name: string, context: string, ...args: readonly string[]): Promise<string> =>
    buildah('bud', '--isolation', 'chroot', '--tag', name, ...args, context)

  const baseName = `localhost/oomkeeper-base:${base.key}`
  const known = await buildah('images', '--format', '{{.Name}}:{{.Tag}}')
  if (!known.split('\n').includes(baseName)) {
    log(`building ${baseName} …`)
    await build(baseName, base.folder)
  }
  const name = `${PRODUCT_REPOSITORY}:${version}`
  log(`building ${name} …`)
  await build(name, CHECKOUT, '--build-arg', `BASE=${baseName}`, '--build-arg', `VERSION=${version}`)
  const archive = join(CHECKOUT, `dist/oomkeeper-${version}.tar`)
  rmSync(archive, { force: true }) // buildah adds to no archive.
  await buildah('push', '--quiet', name, `docker-archive:${archive}:${name}`)
  await buildah('rmi', '--prune', '--force') // What the last build's image was made of.
  return { name, archive }
}
