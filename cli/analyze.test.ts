import { describe, expect, it } from '@jest/globals'
import { ProgramError } from '#program/errors.ts'
import { analyze } from './analyze.ts'

const KILL =
  'Memory cgroup out of memory: Killed process 7 (x) total-vm:4000kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:4kB oom_score_adj:0'

async function* piecesOf(text: string, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size))
}

/** What was printed, and the error that ended the command. */
async function run(log: AsyncIterable<Buffer>): Promise<{ printed: string; error: unknown }> {
  let printed = ''
  const write = (text: string) => void (printed += text)
  const flags = { output: 'json', event: undefined, verbose: false, noColor: false } as const
  const ended = analyze(flags, 'some.log', { readLog: () => log, write, hasColor: false })
  const error: unknown = await ended.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { printed, error }
}

describe('analyze', () => {
  it('prints the events of a log that comes in pieces', async () => {
    const log = [
      'a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0',
      KILL,
      KILL.replace('7', '8'),
      '',
    ]
    const { printed, error } = await run(piecesOf(log.join('\n'), 5))
    expect(error).toBeUndefined()
    expect(JSON.parse(printed)).toMatchObject({
      version: 1,
      events: [
        { outcome: 'killed', line: 1, trigger: { command: 'a' }, victims: [{ pid: 7, command: 'x', uid: 0 }] },
        { outcome: 'killed', line: 3, victims: [{ pid: 8 }] },
      ],
    })
  })

  it('ends with a finding where there is no event', async () => {
    const { printed, error } = await run(piecesOf('usb 1-1: new device\n', 99))
    expect(JSON.parse(printed)).toEqual({ version: 1, events: [] })
    expect(error).toMatchObject({ code: 'NoOomEvent', exitCode: 1 })
  })

  it('tells what it read before the log turned out to be damaged', async () => {
    async function* damaged() {
      yield* piecesOf(`${KILL}\n`, 99)
      throw new ProgramError('some.log: damaged', { code: 'InputUnusable', retry: false, exitCode: 2 })
    }
    const { printed, error } = await run(damaged())
    expect(JSON.parse(printed)).toMatchObject({ events: [{ victims: [{ pid: 7 }] }] })
    expect(error).toMatchObject({ code: 'InputUnusable' })
  })
})
