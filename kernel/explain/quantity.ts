const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB']

/** KiB for reading: `264 KiB`, `12.2 MiB`, `5.9 GiB`. No wider than 8 columns, whatever a damaged log's numbers add up to. */
export function formatKib(kib: number): string {
  let value = kib
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit++
  }
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : 1
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${UNITS[unit]}`
}

/** From here on a part is more than its whole; below, it is so by rounding. */
const MORE_THAN_ALL = 1.005

/** A part of a whole in per cent: `0.1 %`, `96 %`. Without a whole there is no share; more than all is no number. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return '– %'
  if (part >= whole * MORE_THAN_ALL) return '> 100 %'
  const percent = (part * 100) / whole
  if (percent > 0 && percent < 0.1) return '< 0.1 %'
  return `${percent.toFixed(percent < 10 ? 1 : 0).replace(/\.0$/, '')} %`
}

/**
 * `5.9 GiB of 16 GiB (37 %)`, or `142 MiB (more than the limit of 128 MiB)`: a task table counts shared pages for each
 * process, a cgroup does not pay for every page that its processes map, and a damaged log says anything.
 * @param name what the whole is
 */
export function formatPart(partKib: number, wholeKib: number, name: string): string {
  const part = formatKib(partKib)
  if (partKib >= wholeKib * MORE_THAN_ALL) return `${part} (more than the ${name} of ${formatKib(wholeKib)})`
  return `${part} of ${formatKib(wholeKib)} (${formatShare(partKib, wholeKib)})`
}

/** `1 page`, `3183 pages`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** The kernel's "no limit" (PAGE_COUNTER_MAX, a page or so below 2^63 bytes), in KiB; include/linux/page_counter.h. */
const NO_LIMIT_KIB = 9_007_199_254_000_000

/** @returns the limit, or undefined where it is none */
export function limitOrNone(kib: number | undefined): number | undefined {
  return kib === undefined || kib >= NO_LIMIT_KIB ? undefined : kib
}
