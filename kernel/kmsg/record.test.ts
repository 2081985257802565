import { describe, expect, it } from '@jest/globals'
import { formatKmsgRecord } from './formatRecord.ts'
import { MAX_RECORD_BYTES } from './rawRecord.ts'
import { parseKmsgRecord, type KmsgFailure, type KmsgRecord } from './record.ts'

function parse(raw: string | Buffer): KmsgRecord {
  const record = parseKmsgRecord(raw)
  if (record.failure !== undefined) throw new Error(`expected a record, got failure ${record.failure}`)
  return record
}

describe('parseKmsgRecord', () => {
  it('reads every field of a record as the kernel writes it', () => {
    expect(
      parse('30,160,424069,c,caller=T123;systemd[1]: Started.\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n'),
    ).toEqual({
      facility: 3,
      level: 6,
      sequence: 160,
      monotonicUsec: 424069,
      continuation: true,
      caller: 'T123',
      text: 'systemd[1]: Started.',
      dictionary: { SUBSYSTEM: 'acpi', DEVICE: '+acpi:PNP0A03:00' },
    })
  })

  it.each([
    ['no caller and no newline', '4,1,2,-;text', undefined, 'text'],
    ['a processor as the caller', '4,1,2,-,caller=C0;text\n', 'C0', 'text'],
    ['fields that we do not know', '4,1,2,-,cpu=3,caller=T9,x=y;text\n', 'T9', 'text'],
    ['the word caller in the text only', '4,1,2,-;a,caller=T1;b\n', undefined, 'a,caller=T1;b'],
    ['an empty text', '4,1,2,-;\n', undefined, ''],
    ['no flags at all', '4,1,2;text\n', undefined, 'text'],
  ])('takes %s', (_case, raw, caller, text) => {
    expect(parse(raw)).toMatchObject({ caller, text, continuation: false, facility: 0, level: 4 })
  })

  it.each([
    ['a newline', String.raw`a\x0ab`, 'a\nb'],
    ['an escape sequence', String.raw`\x1b[31m`, '\x1b[31m'],
    ['a backslash before what looks like an escape', String.raw`\x5cx0a`, String.raw`\x0a`],
    ['UTF-8', String.raw`\xc3\xa9`, 'é'],
    ['bytes that are not UTF-8', String.raw`b\xff\xfed`, 'b\ufffd\ufffdd'],
    ['escapes cut short', String.raw`a\x0`, String.raw`a\x0`],
    ['escapes that are none', String.raw`\xzz\n`, String.raw`\xzz\n`],
  ])('unescapes %s', (_case, escaped, text) => {
    expect(parse(`4,1,2,-;${escaped}\n`).text).toBe(text)
  })

  it.each<[string, string, KmsgFailure['failure']]>([
    ['nothing', '', 'empty'],
    ['a record without a text', '4,1,2,-', 'badHeader'],
    ['a dictionary line alone', ' SUBSYSTEM=acpi', 'badHeader'],
    ['a missing sequence', '4,,2,-;x', 'badHeader'],
    ['a negative time', '4,1,-2,-;x', 'badHeader'],
    ['a number that cannot be held exactly', '4,99999999999999999999,2,-;x', 'badHeader'],
    ['more than the kernel returns at once', `4,1,2,-;${'x'.repeat(MAX_RECORD_BYTES)}`, 'tooLong'],
  ])('says what is wrong with %s', (_case, raw, failure) => {
    expect(parseKmsgRecord(raw)).toEqual({ failure })
  })

  it('reads back what formatKmsgRecord writes', () => {
    const record: KmsgRecord = {
      facility: 0,
      level: 3,
      sequence: 425,
      monotonicUsec: 385743518,
      continuation: false,
      caller: 'T7',
      text: 'Killed process 1 (a\n\x1b[0m\\x0a é ~)',
      dictionary: { KEY: 'a=b\n' },
    }
    expect(parse(formatKmsgRecord(record))).toEqual(record)
  })
})
