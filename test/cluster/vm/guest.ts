import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Log } from '../build/ensureBuilt.ts'
import { endPart, launchPrivate, tailLog, watchOver, type Part } from '../process/part.ts'
import { makePrivateFolder } from '../process/privateFolder.ts'
import { waitUntil, type WaitOptions } from '../process/wait.ts'
import type { KernelSeries } from './kernel.ts'
import { qemuCommand, type MachineSpec } from './qemu.ts'
import { recordKmsg } from './recordKmsg.ts'
import { recordPanic } from './recordPanic.ts'
import { ensureGuestFiles } from './requirements.ts'
import { SerialLine } from './serialLine.ts'

/** Seconds when it is alone; emulation shares the processors with whatever else runs. */
const DEADLINE_MS = 120_000

/** A booted virtual machine, child of this process: its memory can be exhausted as this machine's must not be. */
export interface Guest {
  kernelRelease: string
  /** Runs a shell script in it, as root, and returns what it prints; anything but exit code 0 is an error. */
  run: (script: string) => Promise<string>
  /** Runs a script and returns the records that came into the kernel's log meanwhile, as /dev/kmsg returns them. */
  recordKmsg: (script: string) => Promise<string>
  /** Runs a script that makes the kernel panic and returns what came to its console meanwhile: nothing is left to read /dev/kmsg. */
  recordPanic: (script: string) => Promise<string>
  dispose: () => Promise<void>
}

export interface GuestOptions {
  /** More files for its root, as packCpio packs them. */
  files?: Uint8Array
  /** Longer than usual, for scripts that take so long. */
  deadlineMs?: number
}

export async function bootGuest(
  series: KernelSeries,
  spec: MachineSpec,
  log: Log,
  { files: moreFiles, deadlineMs = DEADLINE_MS }: GuestOptions = {},
): Promise<Guest> {
  const { release, image, initramfs } = await ensureGuestFiles(series, log)
  const folder = makePrivateFolder('vm')
  const files = {
    kernel: image,
    initramfs: moreFiles === undefined ? initramfs : join(folder, 'initramfs'),
    console: join(folder, 'console.log'),
    control: join(folder, 'control.sock'),
    listens: 'host' as const,
    kmsg: join(folder, 'kmsg.log'),
    swap: join(folder, 'swap.img'),
  }
  const server = createServer()
  let qemu: Part | undefined
  const dispose = async (): Promise<void> => {
    if (qemu !== undefined) await endPart(qemu, 'SIGKILL')
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    let socket: Socket | undefined
    server.once('connection', (connected) => (socket = connected))
    await listen(server, files.control)
    // Several archives one after the other are one root file system (buffer-format.rst).
    if (moreFiles !== undefined) writeFileSync(files.initramfs, Buffer.concat([moreFiles, readFileSync(initramfs)]))
    writeFileSync(files.swap, '')
    truncateSync(files.swap, (spec.swapMib ?? 0) * 1024 ** 2) // A hole: only what is written takes room.
    qemu = launchPrivate(folder)(qemuCommand(spec, files))
    const options = { deadlineMs, everyMs: 20, ...watchGuest(qemu, files.console) }
    const line = new SerialLine(await waitUntil('qemu to connect', () => socket, options))
    await line.waitReady(options)
    const run = async (script: string): Promise<string> => {
      const { exitCode, output } = await line.run(script, options)
      if (exitCode === 0) return output
      throw new Error(`expected a script in the guest to exit with 0, it exited with ${exitCode}: ${output.trim()}`)
    }
    return {
      kernelRelease: release,
      run,
      recordKmsg: (script) => recordKmsg(run, files.kmsg, script, options),
      recordPanic: (script) => recordPanic(run, files.console, script),
      dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/** A machine that does not answer tells why on its console, or qemu in its log. */
function watchGuest(qemu: Part, console: string): Pick<WaitOptions, 'giveUp' | 'evidence'> {
  const { giveUp, evidence } = watchOver(qemu)
  return { giveUp, evidence: () => `${evidence()}\nend of its console:\n${tailLog(console, 40)}` }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}
