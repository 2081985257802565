/** A number of /proc/sys. @returns undefined when the text is none. */
export function parseSysctl(text: string): number | undefined {
  return parseSysctlList(text)?.[0]
}

/** Numbers of /proc/sys with tabs in between, as vm.lowmem_reserve_ratio's. @returns undefined when the text is none. */
export function parseSysctlList(text: string): number[] | undefined {
  return /^-?\d{1,15}(?:\s+-?\d{1,15})*\s*$/.test(text) ? text.trim().split(/\s+/).map(Number) : undefined
}
