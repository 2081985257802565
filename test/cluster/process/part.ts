import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { identifyProcess, isAlive, signalProcess, type ProcessIdentity } from './identity.ts'
import { waitUntil } from './wait.ts'

/** One program of the cluster: what it is called and how it is started. */
export interface PartCommand {
  name: string
  argv: readonly [string, ...string[]]
  env?: Readonly<Record<string, string>>
}

/** A started program. */
export interface Part extends ProcessIdentity {
  name: string
  logFile: string
}

/** Starts parts somewhere: in the cluster's namespaces, or as a child of this process. */
export type Launch = (command: PartCommand) => Part

/** A clean environment: no NODE_OPTIONS and no proxy of the caller's reaches a part. */
export const PART_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export function spawnPart(command: PartCommand, argv: readonly [string, ...string[]], logFile: string): Part {
  const [program, ...args] = argv
  const log = openSync(logFile, 'a', 0o600)
  try {
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { PATH: PART_PATH, HOME: '/root', ...command.env },
    })
    child.on('error', () => {}) // Told by the missing pid, below.
    child.unref()
    if (child.pid === undefined)
      throw new Error(`${command.name} could not be started: ${program} is missing or may not run`)
    return { name: command.name, logFile, ...identifyProcess(child.pid) }
  } finally {
    closeSync(log)
  }
}

/** Starts parts as children that die with this process, also when it is killed: for private servers, no root needed. */
export function launchPrivate(folder: string): Launch {
  const deathSignal = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path))
  return (command) => {
    const argv: readonly [string, ...string[]] =
      deathSignal === undefined ? command.argv : [deathSignal, '--pdeathsig', 'KILL', ...command.argv]
    return spawnPart(command, argv, `${folder}/${command.name}.log`)
  }
}

/** Ends a part: politely with SIGTERM, or at once; by force when it does not go. */
export async function endPart(part: Part, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const gone = (): true | undefined => (isAlive(part) ? undefined : true)
  signalProcess(part, signal)
  try {
    await waitUntil(`the end of ${part.name} (pid ${part.pid})`, gone, { deadlineMs: 10_000, everyMs: 20 })
  } catch (error) {
    if (signal === 'SIGKILL') throw error
    await endPart(part, 'SIGKILL')
  }
}

/** What a wait for that part needs to fail early and to the point. */
export function watchOver(...parts: readonly Part[]): { giveUp: () => string | undefined; evidence: () => string } {
  const dead = (): Part | undefined => parts.find((part) => !isAlive(part))
  return {
    giveUp: () => {
      const part = dead()
      return part === undefined ? undefined : `${part.name} has ended`
    },
    evidence: () => {
      const part = dead() ?? parts[0]
      return part === undefined ? '' : `end of ${part.logFile}:\n${tailLog(part.logFile, 15)}`
    },
  }
}

export function tailLog(logFile: string, lines: number): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return '(no log)'
  }
}
