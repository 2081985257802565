const DAY_USEC = 86_400_000_000
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * A log's wall clock as microseconds that can be compared within that log. ISO 8601 counts from the epoch; without a
 * year (BSD syslog) or with a month in a language that is not known, from some day of some year.
 * @returns undefined where there is no time of day
 */
export function parseStamp(stamp: string): number | undefined {
  const iso = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:?\d\d)?/.exec(stamp)
  if (iso !== null) {
    const zone = (iso[4] ?? 'Z').replace(/(\d\d)(\d\d)$/, '$1:$2')
    const milliseconds = Date.parse(`${iso[1]}T${iso[2]}${zone}`)
    return Number.isNaN(milliseconds) ? undefined : milliseconds * 1000 + microseconds(iso[3])
  }
  const clock = /(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?/.exec(stamp)
  if (clock === null) return undefined
  const [, hours, minutes, seconds, fraction] = clock
  const date = stamp.slice(0, clock.index)
  const day = Number(/(\d{1,2})\D*$/.exec(date)?.[1] ?? 0)
  const month = MONTHS.findIndex((name) => date.toLowerCase().includes(name))
  const second = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds ?? 0)
  return (Math.max(0, month) * 31 + day) * DAY_USEC + second * 1_000_000 + microseconds(fraction)
}

/** Digits after the decimal point → microseconds. */
export function microseconds(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.slice(0, 6).padEnd(6, '0'))
}
