import type { Duplex } from 'node:stream'
import { waitUntil, type WaitOptions } from '../process/wait.ts'

export interface ScriptResult {
  exitCode: number
  output: string
}

/** Runs scripts in the guest over its serial line, one after the other. The other end is serve.sh. */
export class SerialLine {
  readonly #stream: Duplex
  readonly #lines: string[] = []
  #partial = ''
  #count: number

  /** @param before number of the last script, where another line's answers may still come in */
  constructor(stream: Duplex, before = 0) {
    this.#stream = stream
    this.#count = before
    stream.on('data', (chunk: Buffer) => {
      const lines = (this.#partial + chunk.toString('latin1')).split('\n')
      this.#partial = lines.pop() ?? ''
      this.#lines.push(...lines.map((line) => line.trimEnd()))
    })
    stream.on('error', () => {}) // The machine's end, which the wait tells.
  }

  async waitReady(options: WaitOptions): Promise<void> {
    await waitUntil('the guest to boot', () => (this.#lines.includes('ready') ? true : undefined), options)
  }

  /** Base64 keeps both ways on one line each, whatever is said. */
  async run(script: string, options: WaitOptions): Promise<ScriptResult> {
    const number = ++this.#count
    this.#stream.write(`${number} ${Buffer.from(script).toString('base64')}\n`)
    const pattern = new RegExp(`^${number} (\\d{1,3})(?: (\\S*))?$`)
    const answer = (): RegExpExecArray | undefined => {
      for (const line of this.#lines) {
        const match = pattern.exec(line)
        if (match !== null) return match
      }
      return undefined
    }
    const [, exitCode, output = ''] = await waitUntil('a script in the guest', answer, options)
    return { exitCode: Number(exitCode), output: Buffer.from(output, 'base64').toString('utf8') }
  }
}
