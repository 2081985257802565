import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseCgroupStat } from '#kernel/memory/cgroupStat.ts'
import { parseMachineMemory } from '#kernel/memory/machineMemory.ts'
import { openLog } from '#kernel/transport/openLog.ts'
import { readTextRecords } from '#kernel/transport/textLines.ts'
import { LogEvents } from './logEvents.ts'
import type { OomLogEvent } from './oomLogEvent.ts'

const KMSG = readFileSync(new URL('../../test/fixtures/kmsg/6.12-global.kmsg', import.meta.url))
const RECORDS = [...readTextRecords(KMSG.toString())]

/** What the log says, without where and when. */
function eventsOf(log: Buffer | string): Partial<OomLogEvent>[] {
  const events: Partial<OomLogEvent>[] = []
  const said = new LogEvents(({ line: _line, stamp: _stamp, ...event }) => events.push(event))
  const input = openLog(Buffer.from(log), (record) => said.push(record))
  input.push(Buffer.from(log))
  input.end()
  said.finish()
  return events
}

const seconds = (usec: number) => `${Math.floor(usec / 1e6)}.${String(usec % 1e6).padStart(6, '0')}`
const dmesg = RECORDS.flatMap(({ monotonicUsec, text }) =>
  text.split('\n').map((line) => `[ ${seconds(monotonicUsec)}] ${line}`),
).join('\n')

/** As journald writes them, with a length where a text has several lines. */
const exported = Buffer.concat(
  RECORDS.flatMap(({ monotonicUsec, text }) => {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(bytes.length))
    const message = text.includes('\n') ? [Buffer.from('MESSAGE\n'), length, bytes] : [Buffer.from(`MESSAGE=${text}`)]
    const head = `__CURSOR=c\n_TRANSPORT=kernel\n_SOURCE_MONOTONIC_TIMESTAMP=${monotonicUsec}\n`
    return [Buffer.from(head), ...message, Buffer.from('\n\n')]
  }),
)

const verbose = RECORDS.map(({ monotonicUsec, text }) =>
  [
    `Wed 2025-12-17 11:32:14.123456 CET [s=${'0'.repeat(32)};i=1;b=1;m=1;t=1;x=1]`,
    `    MESSAGE=${text.replaceAll('\n', `\n${' '.repeat(12)}`)}`,
    '    _TRANSPORT=kernel',
    `    _SOURCE_MONOTONIC_TIMESTAMP=${monotonicUsec}`,
  ].join('\n'),
).join('\n')

const pretty = RECORDS.map(({ monotonicUsec, text }) =>
  JSON.stringify(
    { _TRANSPORT: 'kernel', _SOURCE_MONOTONIC_TIMESTAMP: `${monotonicUsec}`, MESSAGE: text },
    undefined,
    '\t',
  ),
).join('\n')

/** Lines of at most 76 columns (RFC 2045, 6.7). */
function quotedPrintable(line: string): string {
  let encoded = ''
  let width = 0
  for (const byte of Buffer.from(line)) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x3d
    const octet = isPlain ? String.fromCharCode(byte) : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
    width += octet.length
    if (width > 75) {
      encoded += '=\n'
      width = octet.length
    }
    encoded += octet
  }
  return encoded
}
const body = dmesg.split('\n').map(quotedPrintable).join('\n')
const mail = `Received: by example\nContent-Transfer-Encoding: quoted-printable\n\n${body}`

/** At the last space before the width, as a mail program does. */
function wrap(line: string, width: number): string[] {
  const at = line.length <= width ? -1 : line.lastIndexOf(' ', width)
  return at <= 20 ? [line] : [line.slice(0, at), ...wrap(line.slice(at + 1), width)]
}
const records = KMSG.toString()
  .split('\n')
  .filter((line) => !line.startsWith(' '))
  .flatMap((line) => wrap(line, 72))
  .join('\n')

describe('a log', () => {
  const known = eventsOf(KMSG)

  it('has an event to compare', () => {
    expect(known).toMatchObject([{ outcome: 'killed' }, { outcome: 'killed' }])
    expect(mail).toMatch(/=3D[\s\S]*=\n/)
  })

  it.each([
    ['dmesg', dmesg],
    ['a mail of records from /dev/kmsg', records],
    ['UTF-16', Buffer.from(`\ufeff${dmesg}`, 'utf16le')],
    ['journalctl -o export', exported],
    ['journalctl -o verbose', verbose],
    ['journalctl -o json-pretty', pretty],
    ['a quoted-printable mail', mail],
  ])('says the same as %s', (_transport, log) => {
    const withoutLines = (events: Partial<OomLogEvent>[]) => events.map(({ rawLines: _rawLines, ...event }) => event)
    expect(withoutLines(eventsOf(log))).toEqual(withoutLines(known))
  })
})

const FIXTURES = new URL('../../test/fixtures/kmsg/', import.meta.url)
/** Newlines in commands, and an `oom-kill:` line in two records, which bare text cannot keep apart. */
const NOT_IN_BARE_TEXT = /hostile-commands|in-two-records/
const CAPTURES = readdirSync(FIXTURES).filter((name) => name.endsWith('.kmsg') && !NOT_IN_BARE_TEXT.test(name))

describe.each(CAPTURES)('the bare text of %s', (name) => {
  it('has all the figures that its records have', () => {
    const kmsg = readFileSync(new URL(name, FIXTURES))
    const bare = readTextRecords(kmsg.toString()).map(({ text }) => text)
    const figures = (log: Buffer | string) =>
      eventsOf(log).map(({ victims, dump }) => ({
        victims,
        tasks: dump?.tasks.length,
        cgroup: dump?.cgroup,
        memory: parseMachineMemory(dump?.memoryLines ?? []),
        stat: parseCgroupStat(dump?.memoryLines ?? []),
      }))
    expect(figures(bare.join('\n'))).toEqual(figures(kmsg))
  })
})
