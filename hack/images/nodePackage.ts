import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../test/cluster/build/ensureBuilt.ts'
import { ARCHITECTURES, type Architecture } from '../../test/cluster/host/architecture.ts'
import { runCommand } from '../../test/cluster/process/run.ts'
import { CHECKOUT } from './checkout.ts'

interface LockedPackage {
  version: string
  /** Subresource integrity: `sha512-…`. */
  integrity: string
}

/** npm's package with the Node.js of the lock file: the installed one, or that of a foreign architecture in the cache. */
export async function ensureNodePackage(architecture: Architecture, cache: string, log: Log): Promise<string> {
  const name = `node-linux-${ARCHITECTURES[architecture].node}`
  const installed = join(CHECKOUT, 'node_modules', name)
  if (existsSync(installed)) return installed
  const { version, integrity } = readLocked(name)
  const folder = join(cache, 'node', `${name}-${version}`)
  if (existsSync(folder)) return folder

  log(`fetching ${name} ${version} …`)
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  try {
    await runCommand(['npm', 'pack', '--silent', '--pack-destination', unfinished, `${name}@${version}`], {
      cwd: CHECKOUT,
      timeoutMs: 300_000,
    })
    const [archive = ''] = globSync(join(unfinished, '*.tgz'))
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
    if (found !== integrity)
      throw new Error(`expected ${name} ${version} as package-lock.json has it (${integrity}), got ${found}`)
    await runCommand(['tar', '-xzf', archive, '-C', unfinished])
    renameSync(join(unfinished, 'package'), folder) // Whoever sees the name sees all of it.
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  return folder
}

function readLocked(name: string): LockedPackage {
  const lock = JSON.parse(readFileSync(join(CHECKOUT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Partial<LockedPackage>>
  }
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {}
  if (version === undefined || integrity === undefined)
    throw new Error(`expected ${name} with its integrity in package-lock.json, got none: run "make lock"`)
  return { version, integrity }
}
