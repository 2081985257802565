import { describe, expect, it } from '@jest/globals'
import { parseJsonEntry } from './jsonEntry.ts'

function entry(fields: Record<string, unknown>) {
  return parseJsonEntry(JSON.stringify(fields))
}

describe('parseJsonEntry', () => {
  it('reads journald’s entry of a kernel line', () => {
    const fields = { _TRANSPORT: 'kernel', PRIORITY: '4', MESSAGE: 'x', _SOURCE_MONOTONIC_TIMESTAMP: '5123456789' }
    expect(entry(fields)).toMatchObject({ text: 'x', facility: 0, level: 4, monotonicUsec: 5_123_456_789, exact: true })
  })

  it('reads a message of bytes, which journald writes for control characters', () => {
    expect(entry({ MESSAGE: [...Buffer.from('a\u001b[31mé')] })?.text).toBe('a\u001b[31mé')
  })

  it('shows half a character, which JSON can escape, as one that is unknown', () => {
    expect(parseJsonEntry('{"_TRANSPORT":"kernel","MESSAGE":"\\ud83d x"}')?.text).toBe('\ufffd x')
  })

  it('takes the first of a field that was given twice', () => {
    expect(entry({ MESSAGE: ['one', 'two'] })?.text).toBe('one')
  })

  it.each([
    [{ _TRANSPORT: 'journal', SYSLOG_IDENTIFIER: 'kernel' }, 1],
    [{ SYSLOG_IDENTIFIER: 'kernel' }, 0],
    [{ SYSLOG_IDENTIFIER: 'npd' }, 1],
    [{}, undefined],
  ])('says of %j that facility %p wrote it', (fields, facility) => {
    expect(entry({ MESSAGE: 'x', ...fields })?.facility).toBe(facility)
  })

  it.each([['log'], ['message'], ['msg']])('reads a collector’s %s', (name) => {
    expect(entry({ [name]: 'x\n' })?.text).toBe('x')
  })

  it.each(['{', '[1]', '1', 'null', '{"a":1}', '{"MESSAGE":null}', '{"MESSAGE":{}}'])('leaves %s alone', (line) => {
    expect(parseJsonEntry(line)).toBeUndefined()
  })
})
