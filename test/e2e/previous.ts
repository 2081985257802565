import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheFolder, type Log } from '../cluster/build/ensureBuilt.ts'
import { runCommand } from '../cluster/process/run.ts'

/** The last commit whose agents log in to NATS by a password of all, which the chart itself makes: no version is tagged yet. */
const COMMIT = 'b77effb2e90b2bd56032ba0da6259c31eac6a7ad'
/** Of its image: it is not mistaken for that of the checkout. */
const TAG = `previous-${COMMIT.slice(0, 7)}`
const CHECKOUT = dirname(dirname(import.meta.dirname))

export interface PreviousProduct {
  commit: string
  chartFolder: string
  /** An OCI archive. */
  image: string
  /** As --set takes them. */
  values: readonly string[]
}

const BUILD = `import { buildProductImage } from './hack/images/productImage.ts'
import { ownArchitecture } from './test/cluster/host/architecture.ts'
const { archive } = await buildProductImage({ version: '${TAG}', architectures: [ownArchitecture()], log: () => {} })
process.stdout.write(archive)`

/**
 * Builds the chart and the image of an earlier commit from its own sources, once.
 * @throws CommandError where the checkout has no history
 */
export async function ensurePrevious(log: Log): Promise<PreviousProduct> {
  const folder = join(cacheFolder(), TAG)
  const done = join(folder, 'image-path')
  if (!existsSync(done)) {
    log(`building the product of commit ${COMMIT.slice(0, 7)} …`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    const inFolder = { cwd: folder, timeoutMs: 300_000 }
    const sources = join(folder, 'sources.tar')
    await runCommand(['git', 'archive', '--output', sources, COMMIT], { cwd: CHECKOUT })
    await runCommand(['tar', '-xf', sources], inFolder)
    const modules = join(CHECKOUT, 'node_modules')
    const sameLock = readFileSync(join(CHECKOUT, 'package-lock.json')).equals(
      readFileSync(join(folder, 'package-lock.json')),
    )
    if (sameLock) await runCommand(['sh', '-c', 'cp -al "$0" . 2> /dev/null || cp -a "$0" .', modules], inFolder)
    else await runCommand(['npm', 'ci', '--loglevel=error'], inFolder)
    await runCommand([process.execPath, 'hack/bundle.ts'], inFolder)
    writeFileSync(done, await runCommand([process.execPath, '--input-type=module-typescript', '-e', BUILD], inFolder))
  }
  return {
    commit: COMMIT.slice(0, 7),
    chartFolder: join(folder, 'charts/oomkeeper'),
    image: readFileSync(done, 'utf8'),
    values: [`image.tag=${TAG}`],
  }
}
