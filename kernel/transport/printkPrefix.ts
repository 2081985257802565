import { KERNEL_FACILITY, USER_FACILITY, type LogLine } from './logLine.ts'
import { microseconds, parseStamp } from './stamp.ts'

/** printk.time: `[  951.727784] `, journalctl -o short-monotonic alike. */
const PRINTK_TIME = /^\[ *(\d{1,12})\.(\d{1,9})\] ?/
/** A console's prompt, what it says it left out, or half a line of another processor, in front of the kernel's time. */
const AFTER_PROMPT =
  /^(?:\*\* \d+ printk messages dropped \*\* |[^[\]]{0,24}(?:\[[^\]]{0,16})?)(\[ *\d{1,12}\.\d{6}\](?:\[ *[TC]\d+\])? )/
/** What init writes to a console over the beginning of the kernel's time: `[  OK    386.369228][  T709] `. */
const OVERWRITTEN = /^.{1,24}?(?: {2}(?=[\d.]+\] )|[ [](?=[\d.]+\]\[))(\d{1,7}\.\d{6}\](?:\[ *[TC]\d+\])? )/
/** What a hypervisor's log puts before its guest's console: `vcpu-5 - Guest: `. */
const AFTER_GUEST = /^[^[\]<>]{1,64}(?=<\d{1,3}>\[ *\d{1,12}\.\d{6}\] )/
/** The first line of what was copied, without its bracket. */
const CUT_TIME = /^\d{1,12}\.\d{6}\] /
/** dmesg -T and -H, in any language: `[jeu. nov. 23 10:11:12 2023] `, `[Nov23 10:11] `; dmesg -d: `[  +0.000012] `. */
const DMESG_CLOCK = /^\[([^[\]]{0,32}\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?(?: [^[\]]{0,16})?)\] ?/
const DMESG_DELTA = /^\[ *(?:\d+\.\d{6} +)?(?:< *)?\+?(\d+\.\d{6})>?\] ?/
/** CONFIG_PRINTK_CALLER: `[  T869] `; vendors of phones print processor and task: `(2)[1234:init]`, `[0:  init:    1] `. */
const CALLER = /^\[ *([TC]\d+)\] ?/
const VENDOR_CALLER = /^(?:\(\d+\)\[(\d+):[^[\]]{1,32}\]|\[\d+: +[^[\]]{1,32}: +(\d+)\]) ?/
/** `<4>`; the bytes of a `Code:` line look alike, and have a space after them. */
const LEVEL = /^<(\d{1,3})>(?=\S)/
/** dmesg -x: `kern  :warn  : `. */
const DECODED =
  /^(kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local\d) *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: /
/** journalctl -o short-monotonic puts host and tag after the time. */
const HOST_AND_KERNEL = /^[\w.-]+ kernel: ?/

/**
 * What printk and dmesg put before a text: level, time, caller. What follows one space after the bracket is the
 * kernel's own indentation. Sources: kernel/printk/printk.c, print_prefix; util-linux, sys-utils/dmesg.c.
 */
export function stripPrintk(line: LogLine): LogLine {
  const text = line.text
  const first = text.charCodeAt(0)
  // [ < or a small letter (dmesg -x)
  if (first !== 0x5b && first !== 0x3c && !(first >= 0x61 && first <= 0x7a)) return line
  const decoded = DECODED.exec(text)
  const level = LEVEL.exec(text)
  if (decoded !== null) return stripTime(withFacility(line, decoded[1] === 'kern', decoded[0].length))
  if (level === null) return stripTime(line)
  const facility = Math.floor(Number(level[1]) / 8)
  const stripped = withFacility(line, facility === KERNEL_FACILITY, level[0].length)
  return stripTime({ ...stripped, level: Number(level[1]) % 8 })
}

/** For a line in which nothing else was found before the text. */
export function stripPrompt(line: LogLine): LogLine {
  if (CUT_TIME.test(line.text)) return stripPrintk({ ...line, text: `[${line.text}` })
  const guest = stripGuest(line)
  if (guest !== line) return guest
  const found = AFTER_PROMPT.exec(line.text)
  if (found === null) return stripOverwritten(line)
  return stripPrintk({ ...line, text: line.text.slice(found[0].length - (found[1]?.length ?? 0)) })
}

function stripOverwritten(line: LogLine): LogLine {
  const found = OVERWRITTEN.exec(line.text)
  if (found === null) return line
  return stripPrintk({ ...line, text: `[${line.text.slice(found[0].length - (found[1]?.length ?? 0))}` })
}

/** For a line of which nothing tells whose it is. */
export function stripGuest(line: LogLine): LogLine {
  const found = AFTER_GUEST.exec(line.text)
  return found === null ? line : stripPrintk({ ...line, text: line.text.slice(found[0].length) })
}

function withFacility(line: LogLine, isKernel: boolean, length: number): LogLine {
  const facility = line.facility ?? (isKernel ? KERNEL_FACILITY : USER_FACILITY)
  return { ...line, facility, prefixed: true, text: line.text.slice(length) }
}

function stripTime(line: LogLine): LogLine {
  if (line.text.charCodeAt(0) !== 0x5b) return line
  const time = PRINTK_TIME.exec(line.text)
  if (time !== null) {
    const monotonicUsec = Number(time[1]) * 1_000_000 + microseconds(time[2])
    const rest = line.text.slice(time[0].length).replace(HOST_AND_KERNEL, '')
    return stripCaller({ ...line, prefixed: true, monotonicUsec, text: rest })
  }
  const clock = DMESG_CLOCK.exec(line.text)
  const stamp = clock?.[1]
  if (clock !== null && stamp !== undefined) {
    const wallUsec = parseStamp(stamp)
    return stripCaller({ ...line, prefixed: true, stamp, wallUsec, text: line.text.slice(clock[0].length) })
  }
  const delta = DMESG_DELTA.exec(line.text)
  return delta === null ? line : stripCaller({ ...line, prefixed: true, text: line.text.slice(delta[0].length) })
}

function stripCaller(line: LogLine): LogLine {
  const first = line.text.charCodeAt(0)
  if (first !== 0x5b && first !== 0x28) return line
  const caller = CALLER.exec(line.text)
  if (caller !== null) return { ...line, caller: caller[1], text: line.text.slice(caller[0].length) }
  const vendor = VENDOR_CALLER.exec(line.text)
  return vendor === null
    ? line
    : { ...line, caller: `T${vendor[1] ?? vendor[2]}`, text: line.text.slice(vendor[0].length) }
}
