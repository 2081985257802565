import { exactInteger } from '#kernel/dump/number.ts'

/**
 * `name:number` with or without a unit, as show_mem prints them, by their own names. A person's notes in between
 * (`2643608kB(2.5G)`) are passed over, and so is a number that a cut took the unit from.
 * A name begins where no word runs on, which keeps the time linear in the line.
 * @param unit of the figures that are wanted: `kB` in zones and nodes (`KB` for reserved_highatomic), none in totals
 */
export function readFigures(line: string, unit: 'kB' | ''): Map<string, number> {
  const figures = new Map<string, number>()
  for (const [, name = '', digits, suffix = ''] of line.matchAll(
    /(?<![\w()])([a-zA-Z][\w()]*): ?(\d+)([kK]B)?(?=[\s(]|$)/g,
  )) {
    const value = exactInteger(digits)
    if (value !== undefined && suffix.toLowerCase() === unit.toLowerCase() && !figures.has(name))
      figures.set(name, value)
  }
  return figures
}
