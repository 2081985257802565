import { readFileSync } from 'node:fs'
import { waitUntil, type WaitOptions } from '../process/wait.ts'

type Run = (script: string) => Promise<string>

/**
 * Runs a script in the guest and returns what came into its kernel's log meanwhile. The log arrives later than the
 * script's output, so a record of our own goes before and after, and both are waited for.
 * @param file where the guest's records are written
 * @returns records as /dev/kmsg returns them, which escapes all but ASCII
 */
export async function recordKmsg(run: Run, file: string, script: string, options: WaitOptions): Promise<string> {
  const before = await mark(run, file, options)
  await run(script)
  const after = await mark(run, file, options)
  return readFileSync(file, 'latin1').slice(before.end, after.start)
}

let marks = 0

/** Where our record is in the file, once it has come through. */
async function mark(run: Run, file: string, options: WaitOptions): Promise<{ start: number; end: number }> {
  const text = `oomkeeper-mark-${++marks}`
  await run(`echo ${text} > /dev/kmsg`)
  const find = (): { start: number; end: number } | undefined => {
    const log = readFileSync(file, 'latin1')
    const at = log.indexOf(`;${text}\n`)
    return at < 0 ? undefined : { start: log.lastIndexOf('\n', at) + 1, end: log.indexOf('\n', at) + 1 }
  }
  return waitUntil('the guest’s kernel log', find, options)
}
