import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { identifyProcess, isAlive, type ProcessIdentity } from './identity.ts'
import { waitUntil } from './wait.ts'

export interface LockOptions {
  deadlineMs: number
  /** Called once, when the lock has a living holder. */
  onWait: (holder: ProcessIdentity) => void
}

/** Runs the work while no other process holds the same lock file. */
export async function withLock<T>(lockFile: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const release = await acquireLock(lockFile, options)
  try {
    return await work()
  } finally {
    release()
  }
}

/**
 * Takes the lock and returns how to let it go. A holder that has died has left the lock: its pid and start time are the
 * file's content, which is there from the first instant because the file is linked, not written.
 */
export async function acquireLock(lockFile: string, options: LockOptions): Promise<() => void> {
  const self = identifyProcess(process.pid)
  const mine = `${lockFile}.${self.pid}`
  let told = false
  const attempt = (): true | undefined => {
    if (tryLink(mine, lockFile, self)) return true
    const holder = readHolder(lockFile)
    if (holder !== undefined && isAlive(holder)) {
      if (!told) options.onWait(holder)
      told = true
    } else {
      dropStale(lockFile, `${mine}.stale`)
    }
    return undefined
  }
  await waitUntil(`the lock ${lockFile}`, attempt, { deadlineMs: options.deadlineMs, everyMs: 200 })
  return () => releaseLock(lockFile)
}

/** Removes the lock when this process holds it. */
export function releaseLock(lockFile: string): void {
  if (holdsLock(lockFile)) rmSync(lockFile, { force: true })
}

function tryLink(mine: string, lockFile: string, self: ProcessIdentity): boolean {
  writeFileSync(mine, JSON.stringify(self))
  try {
    linkSync(mine, lockFile)
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(mine, { force: true })
  }
}

export function holdsLock(lockFile: string): boolean {
  return readHolder(lockFile)?.pid === process.pid
}

function readHolder(lockFile: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')) as ProcessIdentity
  } catch {
    return undefined
  }
}

/** Renames before it removes, so that of two finders one wins; a living lock caught by mistake is put back. */
function dropStale(lockFile: string, aside: string): void {
  try {
    renameSync(lockFile, aside)
  } catch {
    return // Someone else was quicker.
  }
  const holder = readHolder(aside)
  if (holder !== undefined && isAlive(holder)) {
    try {
      linkSync(aside, lockFile)
    } catch {
      // A third one has the lock by now: two at once, which needs three processes within a millisecond.
    }
  }
  rmSync(aside, { force: true })
}

export function isErrno(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}
