import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identifyProcess, isAlive, type ProcessIdentity } from './identity.ts'

/** A temporary folder that says whose it is, so that those of killed processes can be removed: here, by the next one. */
export function makePrivateFolder(purpose: string, base = tmpdir()): string {
  for (const name of readdirSync(base)) {
    const owner = parseFolderOwner(name)
    if (owner !== undefined && !isAlive(owner)) rmSync(join(base, name), { recursive: true, force: true })
  }
  const { pid, startTicks } = identifyProcess(process.pid)
  return mkdtempSync(join(base, `oomkeeper-${purpose}-${pid}-${startTicks}-`))
}

export function parseFolderOwner(name: string): ProcessIdentity | undefined {
  const match = /^oomkeeper-[a-z]+-(\d+)-(\d+)-\w+$/.exec(name)
  return match === null ? undefined : { pid: Number(match[1]), startTicks: Number(match[2]) }
}
