/** KiB as people write memory in Kubernetes: `512Ki`, `63.9Mi`, `2Gi`. At most 9 characters below 1 Ei. */
export function formatKib(kib: number): string {
  const units = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
  let value = kib
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1
  return `${value.toFixed(digits).replace(/\.0$/, '')}${units[unit]}`
}
