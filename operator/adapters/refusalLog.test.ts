import { expect, it } from '@jest/globals'
import pino from 'pino'
import { RefusalLog } from './refusalLog.ts'

it('says each reason once a minute, with how many there were since, in bounded printable text', () => {
  const lines: Record<string, unknown>[] = []
  const logger = pino(
    { base: null },
    { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) },
  )
  let nowMs = 0
  const log = new RefusalLog(logger, () => nowMs)
  for (let n = 0; n < 1_000; n++) log.note('NotAToken', '10.0.0.7', `a \u001b[2J${'long '.repeat(1_000)}`)
  log.note('OtherAddress', '\n', 'b')
  expect(lines).toHaveLength(2)
  expect(String(lines[0]?.['msg']).length).toBeLessThan(450)
  expect(lines[0]?.['msg']).toMatch(/^a login to NATS is refused: a \\x1b\[2Jlong .*…$/)
  expect(lines[1]).toMatchObject({ reason: 'OtherAddress', address: '\\x0a' })
  nowMs = 60_000
  log.note('NotAToken', '10.0.0.8', 'c')
  expect(lines[2]).toMatchObject({ reason: 'NotAToken', address: '10.0.0.8', since: 999 })
})
