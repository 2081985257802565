import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownArchitecture, type Architecture } from './architecture.ts'
import { MACHINE_APT, updatePackageLists, type Apt } from './debianPackages.ts'

/** Debian drops a version when a newer one is there: lists that are older would name what cannot be downloaded. */
const LISTS_LAST_MS = 24 * 3_600_000

/**
 * Package lists of an architecture, from this machine's sources. Those of another than the machine's own are in a folder of
 * theirs: what apt and dpkg know of this machine stays as it is.
 */
export async function ensureApt(architecture: Architecture, folder: string): Promise<Apt> {
  if (architecture === ownArchitecture()) return MACHINE_APT
  const place = join(folder, `apt-${architecture}`)
  const lists = join(place, 'state/lists')
  const apt = [
    `APT::Architecture=${architecture}`,
    `APT::Architectures::=${architecture}`,
    'APT::Sandbox::User=root',
    `Dir::State=${join(place, 'state')}`,
    `Dir::State::status=${join(place, 'status')}`,
    `Dir::Cache=${join(place, 'cache')}`,
  ].flatMap((option) => ['-o', option])

  const stamp = join(place, 'updated')
  const updatedMs = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs
  if (updatedMs !== undefined && Date.now() - updatedMs < LISTS_LAST_MS) return apt
  rmSync(lists, { recursive: true, force: true })
  for (const path of [join(lists, 'partial'), join(place, 'cache/archives/partial')])
    mkdirSync(path, { recursive: true })
  writeFileSync(join(place, 'status'), '') // Nothing is installed there.
  await updatePackageLists(apt)
  writeFileSync(stamp, '')
  return apt
}
