import type { KmsgRecord } from './record.ts'

/** A record as /dev/kmsg would return it, newline included: the inverse of parseKmsgRecord, for recordings. */
export function formatKmsgRecord(record: KmsgRecord): string {
  const prefix = record.facility * 8 + record.level
  const caller = record.caller === undefined ? '' : `,caller=${record.caller}`
  const flag = record.continuation ? 'c' : '-'
  const head = `${prefix},${record.sequence},${record.monotonicUsec},${flag}${caller};${escapeText(record.text)}\n`
  const pairs = Object.entries(record.dictionary ?? {})
  return pairs.reduce((text, [key, value]) => `${text} ${key}=${escapeText(value)}\n`, head)
}

/** kernel/printk/printk.c, msg_add_ext_text: control characters, bytes from 127 on and the backslash. */
function escapeText(text: string): string {
  // The common case has nothing to escape.
  if (!/[^ -[\]-~]/.test(text)) return text
  let escaped = ''
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x5c
    escaped += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return escaped
}
