import type { KmsgRecord } from '#kernel/kmsg/record.ts'

/**
 * `Jun  4 17:19:10 host kernel: ` (BSD syslog, journalctl), with the tag of whoever wrote it. The tag tells the kernel's
 * words from those of a program that repeats them.
 */
const SYSLOG = /^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ ([\w.@/-]+)(?:\[\d+\])?: ?/
/** dmesg and printk.time: `[  951.727784] `, with the caller where the kernel prints it. */
const PRINTK_TIME = /^ *(?:<\d>)?\[ *(\d+)\.(\d{6})\](?:\[ *([TC]\d+)\])? ?/

const KERNEL_FACILITY = 0
const USER_FACILITY = 1

/**
 * A saved log → records as the assembler takes them. A log without kmsg framing has no sequence numbers: lines are
 * counted from 0, and what the log lost cannot be seen. A line without the prefix that the others have belongs to the
 * one before: the log broke it in two, or it was one record with newlines.
 */
export function* readTextRecords(text: string): Generator<KmsgRecord> {
  let record: KmsgRecord | undefined
  let sequence = 0
  // Lines without a time stamp are as old as the one before.
  let monotonicUsec = 0
  let prefixed = false
  for (const line of text.split(/\r?\n/)) {
    const parsed = parseLine(line)
    prefixed ||= parsed.prefixed
    if (record !== undefined && prefixed && !parsed.prefixed) {
      if (line.trim() !== '') record.text += `\n${parsed.text}`
      continue
    }
    if (record !== undefined) yield record
    monotonicUsec = parsed.monotonicUsec ?? monotonicUsec
    record = toRecord(parsed, sequence++, monotonicUsec)
  }
  if (record !== undefined && record.text !== '') yield record
}

interface ParsedLine {
  text: string
  prefixed: boolean
  tag: string | undefined
  monotonicUsec: number | undefined
  caller: string | undefined
}

function parseLine(line: string): ParsedLine {
  const syslog = SYSLOG.exec(line)
  const afterSyslog = line.slice(syslog?.[0].length ?? 0)
  const time = PRINTK_TIME.exec(afterSyslog)
  return {
    text: afterSyslog.slice(time?.[0].length ?? 0),
    prefixed: syslog !== null || time !== null,
    tag: syslog?.[1],
    monotonicUsec: time === null ? undefined : Number(time[1]) * 1_000_000 + Number(time[2]),
    caller: time?.[3],
  }
}

function toRecord(line: ParsedLine, sequence: number, monotonicUsec: number): KmsgRecord {
  const isKernel = line.tag === undefined || line.tag === 'kernel'
  return {
    facility: isKernel ? KERNEL_FACILITY : USER_FACILITY,
    level: 4,
    sequence,
    monotonicUsec,
    continuation: false,
    caller: line.caller,
    text: line.text,
  }
}
