/** What a log may have picked up within a line: colours, forum tags, marks of order. */
const NOISE = new RegExp(String.raw`${'\u001b'}\[[\d;]*[mK]|\[/?[a-z]+(?:=[^\]]{0,40})?\]|\ufeff`, 'gi')
/** What a transport puts before the second half of a line that was broken. */
const PREFIX = /^(?:[>|\s]+|\S{1,40} std(?:out|err) [FP] ?)*/
/** What stands for a seam, and belongs to no word. */
const MARK = '\ufffe'
/** The words, broken or not, and the digits behind them with those of the lines that follow. */
const KILLED = new RegExp(
  [...['Killed', 'process'].map((word) => word.split('').join(`${MARK}*`)), String.raw`([\d${MARK}]+)`].join(
    `[ ${MARK}]+`,
  ),
  'gi',
)

/**
 * The pids in all that can be taken for the kernel's kill lines, found with other means than the program's: an upper
 * bound. A line may be broken anywhere, and a pid with it.
 */
export function namedPids(log: string): ReadonlySet<number> {
  const pids = new Set<number>()
  const text = log.replace(NOISE, '').replace(/[\u00a0\u202f\u2007]/g, ' ')
  const decoded = text.includes('{"') ? text.split('\n').map(decodeEntry).join('\n') : ''
  const unescaped = text.replace(/\\x([\da-f]{2})|#(0[0-3][0-7])/gi, (_whole, hex?: string, octal?: string) =>
    String.fromCharCode(hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16)),
  )
  for (const form of new Set([text, decoded, unescaped])) {
    for (const [, digits = ''] of joinLines(form).matchAll(KILLED)) {
      let pid = ''
      for (const piece of digits.split(MARK)) pids.add(Number((pid += piece)))
    }
  }
  return pids
}

function joinLines(form: string): string {
  return form
    .split('\n')
    .map((line) => line.trimEnd().replace(PREFIX, ''))
    .join(MARK)
}

/** The message of an entry of the journal, of docker or of a collector. */
function decodeEntry(line: string): string {
  try {
    const entry = JSON.parse(line.slice(Math.max(0, line.indexOf('{"')))) as Record<string, unknown>
    const message = entry['MESSAGE'] ?? entry['log']
    if (Array.isArray(message)) return Buffer.from(message as number[]).toString()
    return typeof message === 'string' ? message.replace(/\n$/, '') : line
  } catch {
    return line
  }
}
