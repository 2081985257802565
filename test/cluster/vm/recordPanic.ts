import { readFileSync } from 'node:fs'

/**
 * Runs a script that ends in a kernel panic and returns what came to the console meanwhile. By default only errors come
 * there.
 * @param file where the guest's console is written
 * @returns as the serial line has it: lines that end with CR LF
 */
export async function recordPanic(
  run: (script: string) => Promise<string>,
  file: string,
  script: string,
): Promise<string> {
  const from = readFileSync(file).length
  try {
    await run(`echo 8 > /proc/sys/kernel/printk\n${script}`)
  } catch (error) {
    const text = readFileSync(file).subarray(from).toString('latin1')
    if (text.includes('Kernel panic - ')) return text
    throw error
  }
  throw new Error('expected a kernel panic, but the script ended and the guest goes on')
}
