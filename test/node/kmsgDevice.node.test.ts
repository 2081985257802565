import { writeFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import pino from 'pino'
import { KmsgDevice, probePipeHandle } from '../../agent/adapters/kmsgDevice.ts'
import { parseKmsgRecord } from '../../kernel/kmsg/record.ts'
import { waitUntil } from '../cluster/process/wait.ts'

const logger = pino({ level: 'silent' })
const readers = {
  'through a pipe handle': new KmsgDevice('/dev/kmsg', logger),
  'through a child cat': new KmsgDevice('/dev/kmsg', logger, null),
}

describe('KmsgDevice', () => {
  it('finds the pipe handle in this Node', () => {
    expect(probePipeHandle()).not.toBeNull()
  })

  it.each(Object.entries(readers))(
    'reads the ring and then what is new, record by record, %s',
    async (how, device) => {
      const seen: string[] = []
      const stop = new AbortController()
      const running = device.run((record) => seen.push(record.toString()), stop.signal)
      await waitUntil('the ring to be read', () => (seen.length > 10 ? true : undefined), { deadlineMs: 10_000 })
      const marker = `oomkeeper test ${process.pid} ${how}`
      writeFileSync('/dev/kmsg', `${marker}\n`)
      await waitUntil('the marker', () => seen.some((record) => record.includes(marker)) || undefined, {
        deadlineMs: 10_000,
      })
      const records = seen.map((record) => parseKmsgRecord(record))
      const sequences = records.flatMap((record) => (record.failure === undefined ? [record.sequence] : []))
      expect(sequences).toHaveLength(seen.length)
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
      stop.abort()
      await running
    },
    30_000,
  )
})
