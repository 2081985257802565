const MOST = 2 ** 31

/**
 * A number from 1 that the environment gives to a make target; another text ends the program with exit code 2.
 * @param target its name, as its last line has it
 */
export function numberFrom(target: string, name: string, otherwise: number): number {
  const given = process.env[name]
  if (given === undefined || given === '') return otherwise
  const value = Number(given)
  if (/^\d+$/.test(given) && value >= 1 && value < MOST) return value
  console.log(`${target} failed: ${name}: expected a number from 1, got ${JSON.stringify(given)}`)
  process.exit(2)
}
