import process from 'node:process'

/** One line on standard output that says how a fault ended, with its figures. */
export function sayFault(fault: string, figures: Readonly<Record<string, string | number>>): void {
  const said = Object.entries(figures).map(([name, value]) => `${name} ${value}`)
  process.stdout.write(`fault ${fault}: ${said.join(', ')}\n`)
}

/** Seconds since then, with one digit. */
export function secondsSince(startedMs: number): string {
  return `${((performance.now() - startedMs) / 1000).toFixed(1)} s`
}
