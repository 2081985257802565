import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../test/cluster/process/run.ts'
import { readBundledPackage, type BundledPackage } from './bundledLicenses.ts'
import { BUNDLED_PACKAGES } from './bundledPackages.ts'
import { CHECKOUT } from './checkout.ts'
import type { Component } from './sbom.ts'

/** What is the same of an image on all platforms. */
export interface BuildFacts {
  version: string
  /** RFC 3339: SOURCE_DATE_EPOCH, else the commit's own time. */
  created: string
  /** The commit; undefined outside of git. */
  revision: string | undefined
  /** Of npm, in the bundles. */
  packages: readonly BundledPackage[]
  /** What npm says of all that package-lock.json has. */
  npmComponents: readonly Component[]
}

/** @param sourceDateEpoch seconds, as reproducible-builds.org defines SOURCE_DATE_EPOCH */
export async function readBuildFacts(version: string, sourceDateEpoch: string | undefined): Promise<BuildFacts> {
  const file = join(CHECKOUT, BUNDLED_PACKAGES)
  if (!existsSync(file)) throw new Error(`expected ${BUNDLED_PACKAGES}, found none: run "make build" first`)
  const folders = JSON.parse(readFileSync(file, 'utf8')) as string[]
  // A source archive has no commits. Where git does not say what it has, the image would be another one.
  const isRepository = existsSync(join(CHECKOUT, '.git'))
  const git = async (format: string): Promise<string | undefined> =>
    isRepository ? (await runCommand(['git', 'log', '-1', `--format=${format}`], { cwd: CHECKOUT })).trim() : undefined
  const sbom = ['npm', 'sbom', '--sbom-format=cyclonedx', '--package-lock-only'] as const
  const { components } = JSON.parse(await runCommand(sbom, { cwd: CHECKOUT })) as { components: Component[] }
  return {
    version,
    created: rfc3339(sourceDateEpoch ?? (await git('%ct')) ?? '0'),
    revision: await git('%H'),
    packages: folders.map((folder) => readBundledPackage(CHECKOUT, folder)),
    npmComponents: components,
  }
}

function rfc3339(epoch: string): string {
  if (!/^\d{1,10}$/.test(epoch))
    throw new Error(`SOURCE_DATE_EPOCH: expected seconds since 1970, got ${JSON.stringify(epoch)}`)
  return new Date(Number(epoch) * 1000).toISOString().replace('.000', '')
}
