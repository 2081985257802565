import { spawn, type ChildProcess } from 'node:child_process'
import { waitUntil } from '../cluster/process/wait.ts'

export interface Call {
  /** System calls, with a comma between. */
  name: string
  /** Of the file that it is about, by name or by descriptor. */
  path: string
}

/**
 * Has a process killed (SIGKILL) as it begins its first such call, which is not carried out: by strace, so that the
 * program is the one that ships. Resolves once it waits for that.
 */
export async function killAtCall(pid: number, { name, path }: Call): Promise<ChildProcess> {
  const filters = ['-P', path, '-e', `trace=${name}`, '-e', `inject=${name}:signal=KILL:when=1`]
  const child = spawn('strace', ['-f', '-o', '/dev/null', ...filters, '-p', String(pid)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  await waitUntil(`strace to attach to ${pid}`, () => said.includes(`Process ${pid} attached`) || undefined, {
    deadlineMs: 10_000,
    everyMs: 20,
    evidence: () => said,
  })
  return child
}
