import { classifyLine } from '#kernel/event/lineKind.ts'
import { KERNEL_FACILITY, USER_FACILITY, type LogLine } from './logLine.ts'
import { parseStamp } from './stamp.ts'

const ISO = String.raw`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d)(?= ))?`
/** `Jun  4 17:19:10`, in any language (`juin 04`, `4. Jun`, `6月 04`), with a fraction or a year. */
const BSD = String.raw`(?:\d{4} )?(?:[^\s\d[\]{}<>:=]{1,9}|\d{1,2}月) +\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,9})?(?: \d{4})?`
/** journalctl -o short-full: `Wed 2025-12-17 11:32:14 CET`. */
const FULL = String.raw`[^\s\d]{2,5} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? [A-Z+\d-]{1,6}`
const UNIX = String.raw`\d{9,11}\.\d{6}`
/** The host may be missing before the kernel's tag only: elsewhere it could not be told from a text. */
const HOST = String.raw`(?:(?=kernel:)|\S*[^\s:] )`
/** BusyBox and OpenWrt: `kern.warn `. */
const PRIORITY_NAME = String.raw`(?:[a-z]+\d?\.[a-z]+ )?`
const TAG = String.raw`([^\s:[\]]{1,80})(?:\[\d{1,10}\])?:(?: |$|(?=\[))`

/** Host and tag, as syslog and journalctl write them; the tag tells the kernel's words from a program that repeats them. */
const WITH_TAG = new RegExp(String.raw`^(${ISO}|${BSD}|${FULL}|${UNIX}) +${HOST}${PRIORITY_NAME}${TAG}`)
const OPENWRT = new RegExp(String.raw`^([A-Z][a-z]{2} ${BSD}) [a-z]+\d?\.[a-z]+ ${TAG}`)
/** dmesg --time-format iso, and logs whose host and tag were taken off; `ts` puts its time before dmesg's. */
const WITHOUT_TAG = new RegExp(String.raw`^(${ISO}|${UNIX}|${BSD}(?= [[<])) (?:kernel: ?)?`)
/** The kernel's, where they look like a tag. */
const KERNEL_WORDS: ReadonlySet<string> = new Set([
  'Mem-Info',
  'Mem-info',
  'memory',
  'memory+swap',
  'kmem',
  'swap',
  'DMA',
  'DMA32',
  'Normal',
  'HighMem',
  'Pid',
  'CPU',
])
const STAMP_AND_HOST = new RegExp(String.raw`^(${BSD}|${FULL}) +(?:\S*[^\s:] )?`)
/** What is left where the day, or all of the time, was taken off, and perhaps the host. */
const HOST_AND_KERNEL = /^(?:(\d\d:\d\d:\d\d(?:[.,]\d{1,9})?) )?(?:[\w.*-]{1,253} )?kernel: /
/** RFC 5424: `<4>1 2025-12-17T11:32:14+01:00 db1 kernel - - - `; structured data has quoted values. */
const RFC5424 = /^<(\d{1,3})>1 (\S+) \S+ (\S+) \S+ \S+ (?:-|(?:\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\])+) ?\ufeff?/
/** `kern: warning: [2025-12-17T10:32:14.000000001Z]: `; of several nodes, each with its name. Source: Talos Linux, talosctl dmesg. */
const TALOS = /^(?:[\w.-]{1,253}: )?([a-z]+\d?): +[a-z]{3,7}: \[(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}Z)\]: /
const PRIORITY = /^<(\d{1,3})>(?=[A-Z\d])/
const CRI = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d)) (?:stdout|stderr) ([FP]) ?/

/** `2025-12-17T10:32:14.000000000Z stdout F text`. Source: kubernetes, docs of the container runtime interface's logs. */
export function stripCri(line: LogLine): LogLine {
  const match = CRI.exec(line.text)
  const stamp = match?.[1]
  if (match === null || stamp === undefined) return line
  const text = line.text.slice(match[0].length)
  return { ...line, text, prefixed: true, stamp, wallUsec: parseStamp(stamp), partial: match[2] === 'P' }
}

/** What syslog daemons and journalctl put before a text. Sources: RFC 3164, RFC 5424, systemd, src/shared/logs-show.c. */
export function stripSyslog(line: LogLine): LogLine {
  const modern = RFC5424.exec(line.text)
  if (modern !== null) {
    const [whole, priority, stamp, tag] = modern
    return withTag(line, whole.length, stamp ?? '', tag ?? '', Number(priority))
  }
  const priority = PRIORITY.exec(line.text)
  const at = priority?.[0].length ?? 0
  const rest = at === 0 ? line.text : line.text.slice(at)
  const tagged = WITH_TAG.exec(rest) ?? OPENWRT.exec(rest)
  if (tagged !== null) {
    const [whole, stamp, tag = ''] = tagged
    const untagged = KERNEL_WORDS.has(tag) ? stripUntagged(line, rest) : undefined
    return (
      untagged ??
      withTag(line, at + whole.length, stamp ?? '', tag, priority === null ? undefined : Number(priority[1]))
    )
  }
  const bare = WITHOUT_TAG.exec(rest)
  const stamp = bare?.[1]
  if (bare !== null && stamp !== undefined) {
    return { ...line, text: rest.slice(bare[0].length), prefixed: true, stamp, wallUsec: parseStamp(stamp) }
  }
  const untagged = stripUntagged(line, rest)
  if (untagged !== undefined) return untagged
  const talos = TALOS.exec(rest)
  if (talos !== null) return withTag(line, at + talos[0].length, talos[2], talos[1] ?? '', undefined)
  const tag = HOST_AND_KERNEL.exec(line.text)
  return tag === null ? line : withTag(line, tag[0].length, tag[1], 'kernel', undefined)
}

/**
 * A time, and perhaps a host, without a tag, as metalog writes them: told by where the kernel's words begin.
 * @param text the line's, without a priority
 */
function stripUntagged(line: LogLine, text: string): LogLine | undefined {
  const match = STAMP_AND_HOST.exec(text)
  if (match === null) return undefined
  const [whole, stamp = ''] = match
  const withHost = text.slice(stamp.length).trimStart()
  const withoutHost = text.slice(whole.length)
  // Its first words would do for a host.
  const isHostless = /^(?:Out of memory|Memory cgroup|Kill)/i.test(withHost) || classifyLine(withoutHost) === 'other'
  if (isHostless && classifyLine(withHost) === 'other') return undefined
  return { ...line, text: isHostless ? withHost : withoutHost, prefixed: true, stamp, wallUsec: parseStamp(stamp) }
}

function withTag(
  line: LogLine,
  length: number,
  stamp: string | undefined,
  tag: string,
  priority: number | undefined,
): LogLine {
  // rsyslog's imklog and imfile write `kernel`, some daemons a path or `kern`.
  const facility = /^(?:kernel|kern)$/i.test(tag) ? KERNEL_FACILITY : USER_FACILITY
  return {
    ...line,
    text: line.text.slice(length),
    prefixed: true,
    facility,
    level: priority === undefined ? undefined : priority % 8,
    stamp: stamp ?? line.stamp,
    wallUsec: stamp === undefined ? line.wallUsec : parseStamp(stamp),
  }
}
