import { describe, expect, it } from '@jest/globals'
import type { LogRecord } from './logReader.ts'
import { openLog } from './openLog.ts'

/** In pieces of every small size, which has to change nothing. */
function read(log: Buffer | string): LogRecord[] {
  const bytes = Buffer.from(log)
  const ofPieces = (size: number) => {
    const records: LogRecord[] = []
    const input = openLog(bytes, (record) => records.push(record))
    for (let at = 0; at < bytes.length; at += size) input.push(bytes.subarray(at, at + size))
    input.end()
    return records
  }
  const records = ofPieces(bytes.length)
  for (const size of [1, 2, 3, 7, 64]) expect(ofPieces(size)).toEqual(records)
  return records
}

const texts = (log: Buffer | string) => read(log).map(({ text }) => text)
const KILL = 'Out of memory: Killed process 7 (größe) total-vm:1kB'

describe('openLog', () => {
  it('reads plain text', () => {
    expect(read(`[ 1.000001] a\n[ 1.000002] ${KILL}`)).toMatchObject([
      { text: 'a', line: 1 },
      { text: KILL, line: 2 },
    ])
    expect(texts('')).toEqual([])
  })

  it.each([
    ['little', (text: string) => Buffer.from(text, 'utf16le')],
    ['big', (text: string) => Buffer.from(text, 'utf16le').swap16()],
  ])('reads UTF-16 of %s endian with its mark, as PowerShell redirects write it', (_order, encode) => {
    const log = encode(`\ufeff[    1.000001] a\r\n[    1.000002] ${KILL} 😀\r\n`)
    expect(texts(log)).toEqual(['a', `${KILL} 😀`])
  })
})

/** A field of `journalctl -o export` with its length. */
function sized(name: string, value: Buffer | string): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(bytes.length))
  return Buffer.concat([Buffer.from(`${name}\n`), length, bytes, Buffer.from('\n')])
}

const entry = (...fields: (Buffer | string)[]) =>
  Buffer.concat([
    Buffer.from('__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1766000000000000\n__MONOTONIC_TIMESTAMP=5000009\n'),
    ...fields.map((field) => (typeof field === 'string' ? Buffer.from(`${field}\n`) : field)),
    Buffer.from('\n'),
  ])

describe('journalctl -o export', () => {
  it('is read like -o json: text, clock, and whose words they are', () => {
    const log = Buffer.concat([
      entry('_TRANSPORT=kernel', 'PRIORITY=3', '_SOURCE_MONOTONIC_TIMESTAMP=5000001', `MESSAGE=${KILL}`),
      entry('MESSAGE=Out of memory: Killed process 1 (a=b)', '_TRANSPORT=syslog', 'SYSLOG_IDENTIFIER=kernel'),
    ])
    expect(read(log)).toMatchObject([
      { text: KILL, level: 3, facility: 0, monotonicUsec: 5_000_001, line: 1 },
      { text: 'Out of memory: Killed process 1 (a=b)', facility: 1, monotonicUsec: 5_000_009, line: 9 },
    ])
  })

  it.each([9, 10, 255, 266, 70_000])('takes a text of several lines and %i bytes by its length', (length) => {
    const text = `a\n\nMESSAGE=`.padEnd(length - 1, 'x').slice(0, length - 1)
    const log = Buffer.concat([
      entry('_TRANSPORT=kernel', sized('MESSAGE', `${text}\n`)),
      entry('_TRANSPORT=kernel', 'MESSAGE=b'),
    ])
    expect(texts(log)).toEqual([`${text}\n`, 'b'])
    expect(read(log)[1]?.line).toBe(log.toString('latin1').split('\n').length - 6)
  })

  it('passes over what it does not need, however large, and ends with what there is', () => {
    const log = entry(sized('COREDUMP', Buffer.alloc(200_000, '\nMESSAGE=x')), '_TRANSPORT=kernel', 'MESSAGE=a')
    expect(texts(log)).toEqual(['a'])
    expect(texts(log.subarray(0, -2))).toEqual(['a'])
    // A length that is none.
    const endless = Buffer.concat([
      Buffer.from('__CURSOR=x\nMESSAGE\n'),
      Buffer.alloc(8, 0xff),
      Buffer.from('Mem-Info:'),
    ])
    expect(texts(endless)).toEqual(['Mem-Info:'])
  })
})

describe('journalctl -o verbose', () => {
  const HEAD = '[s=0123456789abcdef0123456789abcdef;i=1;b=0123;m=1;t=1;x=1]'

  it('is read like -o json, whatever order the fields have', () => {
    const log = [
      '-- Boot 0123456789abcdef0123456789abcdef --',
      `Wed 2025-12-17 11:32:14.123456 CET ${HEAD}`,
      '    MESSAGE=Mem-Info:',
      '            active_anon:1 inactive_anon:2',
      '             active_file:3 inactive_file:4',
      '    _SOURCE_MONOTONIC_TIMESTAMP=5000001',
      '    PRIORITY=4',
      '    _TRANSPORT=kernel',
      `Wed 2025-12-17 11:32:15.123456 CET ${HEAD}`,
      '    _TRANSPORT=stdout',
      '    MESSAGE=Out of memory: Killed process 1 (a)',
      '    MESSAGE=second',
    ].join('\n')
    expect(read(log).slice(-2)).toMatchObject([
      {
        text: 'Mem-Info:\nactive_anon:1 inactive_anon:2\n active_file:3 inactive_file:4',
        facility: 0,
        monotonicUsec: 5_000_001,
        stamp: 'Wed 2025-12-17 11:32:14.123456 CET',
        line: 2,
      },
      { text: 'Out of memory: Killed process 1 (a)', facility: 1, line: 9 },
    ])
  })
})

describe('journalctl -o json-pretty and json-sse', () => {
  const fields = { MESSAGE: `${KILL}\n{\n}`, _TRANSPORT: 'kernel', _SOURCE_MONOTONIC_TIMESTAMP: '5000001' }
  const known = { text: fields.MESSAGE, facility: 0, monotonicUsec: 5_000_001 }

  it.each([
    ['json-pretty', (entry: object) => `${JSON.stringify(entry, undefined, '\t').replaceAll('": ', '" : ')}\n`, 5],
    ['json-sse', (entry: object) => `data: ${JSON.stringify(entry)}\n\n`, 2],
  ])('%s is read like -o json', (_format, write, lines) => {
    expect(read(write(fields) + write({ ...fields, MESSAGE: [104, 105] }))).toMatchObject([
      { ...known, line: 1 },
      { ...known, text: 'hi', line: 1 + lines },
    ])
  })

  it('leaves what is no object as it is', () => {
    expect(texts('{\n  "a": 1,\n{\n')).toEqual(expect.arrayContaining(['{  "a": 1,', '{']))
  })
})

describe('a mail', () => {
  const BODY = [
    'app invoked oom-killer: gfp_mask=3D0x280da, order=3D0, oom_adj=3D0, oom_scor=',
    'e_adj=3D0',
    'Killed process 7 (gr=C3=B6=C3=9Fe)=20',
    'a=3D41 b=41',
  ]
  const DECODED = [
    'app invoked oom-killer: gfp_mask=0x280da, order=0, oom_adj=0, oom_score_adj=0',
    'Killed process 7 (größe)',
  ]

  it('is decoded where its header says quoted-printable, with the lines it came from', () => {
    const log = ['Received: by x', 'Content-Transfer-Encoding: quoted-printable', '', ...BODY].join('\r\n')
    expect(read(log).slice(2)).toMatchObject([
      { text: DECODED[0], line: 4 },
      { text: DECODED[1], line: 6 },
      { text: 'a=41 bA', line: 7 },
    ])
  })

  it('is decoded without a header where the kernel’s words show it, in bytes of Latin-1 too', () => {
    expect(texts([...BODY, 'x =FCber'].join('\n'))).toEqual([...DECODED, 'a=41 bA', 'x über'])
  })

  it('is decoded where a sum of the kernel’s shows it', () => {
    expect(texts('DMA: 1*4kB 0*8kB =3D 4kB\nTotal swap =3D 0=\nkB')).toEqual([
      'DMA: 1*4kB 0*8kB = 4kB',
      'Total swap = 0kB',
    ])
  })

  it('is left as it is where it is not encoded, part by part', () => {
    const log = [
      'From a@example Wed Dec 17 11:32:14 2025',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'Mem-Info:=20',
      '--=_boundary-1234',
      'Content-Transfer-Encoding: 8bit',
      '',
      'a=3D',
      'From b@example Wed Dec 17 11:32:14 2025',
      '',
      'b=3D',
    ].join('\n')
    expect(texts(log)).toEqual(expect.arrayContaining(['Mem-Info:', 'a=3D', 'b=3D']))
    expect(texts('gfp_mask=0x1 order=\nx=3D')).toContain('x=3D')
  })
})
