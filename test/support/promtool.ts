import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../cluster/build/ensureBuilt.ts'
import { candidateVersions, unpackPackages } from '../cluster/host/debianPackages.ts'
import { isInPath } from '../cluster/host/requirements.ts'
import { errorMessage } from '../cluster/process/wait.ts'
import type { Reason } from './leftOut.ts'

/** Prometheus' own check of rules: this machine's, else Debian's, which is unpacked into the cache and not installed. */
export async function findPromtool(): Promise<{ promtool: string; missing: Reason }> {
  if (isInPath('promtool')) return { promtool: 'promtool', missing: undefined }
  try {
    const [wanted = 'prometheus'] = await candidateVersions(['prometheus'])
    const folder = join(cacheFolder(), 'promtool', wanted.replace('=', '_'))
    const promtool = join(folder, 'usr/bin/promtool')
    if (!existsSync(promtool)) await fetchPackage(wanted, folder)
    return { promtool, missing: undefined }
  } catch (error) {
    return { promtool: '', missing: `no promtool here, and none from Debian: ${errorMessage(error)}` }
  }
}

async function fetchPackage(wanted: string, folder: string): Promise<void> {
  const unfinished = `${folder}.${process.pid}`
  try {
    mkdirSync(unfinished, { recursive: true })
    await unpackPackages([wanted], unfinished)
    renameSync(unfinished, folder) // Whoever sees the name sees all of it.
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}
