/** What a shown command line may take; the kernel allows two megabytes. */
const MAX_CHARACTERS = 4096

/**
 * /proc/PID/cmdline, as a person would read it: a space between arguments. The process may write there what it likes.
 * Source: proc_pid_cmdline(5). @returns undefined where there is none, as of a zombie
 */
export function parseCommandLine(text: string): string | undefined {
  const line = text.slice(0, MAX_CHARACTERS).replaceAll('\0', ' ').trim()
  return line === '' ? undefined : line
}
