import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { waitUntil } from '../cluster/process/wait.ts'
import type { Reason } from './leftOut.ts'

export const noStrace: Reason =
  spawnSync('strace', ['-V']).status === 0 ? undefined : 'it needs strace (Debian: apt-get install strace)'

/** The files that a process opens, by strace, from when it is there on. */
export class Trace {
  readonly #child: ChildProcess
  readonly #file: string

  private constructor(child: ChildProcess, file: string) {
    this.#child = child
    this.#file = file
  }

  /** Resolves once all threads of the process are traced. */
  static async of(pid: number, file: string): Promise<Trace> {
    const args = ['-f', '-s', '300', '-e', 'trace=open,openat,openat2,creat', '-o', file, '-p', String(pid)]
    const child = spawn('strace', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
    await waitUntil(`strace to attach to ${pid}`, () => said.includes(`Process ${pid} attached`) || undefined, {
      deadlineMs: 10_000,
      everyMs: 20,
      evidence: () => said,
    })
    return new Trace(child, file)
  }

  /** Paths that were opened so, in the order of the calls. */
  openedForWriting(path: RegExp): string[] {
    const calls = readFileSync(this.#file, 'utf8').matchAll(
      /(?:open|openat|openat2|creat)\((?:[^",]*, )?"([^"]*)"(.*)$/gm,
    )
    return [...calls]
      .filter(([, name = '', how = '']) => path.test(name) && WRITES.test(how))
      .map(([, name = '']) => name)
  }

  async end(): Promise<void> {
    this.#child.kill('SIGINT')
    await once(this.#child, 'exit')
  }
}

const WRITES = /O_RDWR|O_WRONLY|O_CREAT|O_TRUNC/
