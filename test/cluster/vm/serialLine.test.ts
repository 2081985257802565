import { duplexPair } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { SerialLine } from './serialLine.ts'

const SOON = { deadlineMs: 5000, everyMs: 1 }

/** The line, and a guest that answers each script by what is given. */
function connect(answer: (number: string, script: string) => string): {
  line: SerialLine
  guest: NodeJS.WritableStream
} {
  const [ours, theirs] = duplexPair()
  theirs.on('data', (chunk: Buffer) => {
    const [number = '', script = ''] = chunk.toString().trim().split(' ')
    theirs.write(answer(number, Buffer.from(script, 'base64').toString()))
  })
  return { line: new SerialLine(ours), guest: theirs }
}

const encoded = (text: string): string => Buffer.from(text).toString('base64')

describe('SerialLine', () => {
  it('is ready when the guest says so, whatever it said before', async () => {
    const { line, guest } = connect(() => '')
    guest.write('SeaBIOS\r\nrea')
    guest.write('dy\r\n')
    await expect(line.waitReady(SOON)).resolves.toBeUndefined()
  })

  it('gives each script its own exit code and output', async () => {
    const { line } = connect((number, script) => `${number} ${number === '1' ? 0 : 7} ${encoded(`did\n${script}`)}\n`)
    await expect(line.run('echo "ä"\ntrue', SOON)).resolves.toEqual({ exitCode: 0, output: 'did\necho "ä"\ntrue' })
    await expect(line.run('false', SOON)).resolves.toEqual({ exitCode: 7, output: 'did\nfalse' })
  })

  it('takes no output for an empty one', async () => {
    const { line } = connect((number) => `${number} 0 \n`)
    await expect(line.run('true', SOON)).resolves.toEqual({ exitCode: 0, output: '' })
  })

  it('takes its own words for no answer: a guest that boots returns what it is told', async () => {
    const { line } = connect((number, script) => `${number} ${encoded(script)}\r\n${number} 3 ${encoded('no')}\n`)
    await expect(line.run('true', SOON)).resolves.toEqual({ exitCode: 3, output: 'no' })
  })

  it('says why when the answer will not come', async () => {
    const { line } = connect(() => '')
    const options = { ...SOON, giveUp: () => 'qemu has ended', evidence: () => 'Kernel panic' }
    await expect(line.run('true', options)).rejects.toThrow('a script in the guest: qemu has ended\nKernel panic')
  })
})
