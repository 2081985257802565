/** One line of a log without what its transport put before it. */
export interface LogLine {
  text: string
  /** Whether a transport's prefix was there; a line without one may belong to the one before. */
  prefixed: boolean
  /** Whose words: 0 is the kernel, 1 (or another syslog facility) any program, undefined where nothing tells. */
  facility: number | undefined
  /** Syslog level, 0 to 7. */
  level?: number | undefined
  /** `T123` or `C0`, as in kmsg. */
  caller?: string | undefined
  /** The kernel's own clock (printk). */
  monotonicUsec?: number | undefined
  /** The log's clock as printed, and in microseconds to compare within the log. */
  stamp?: string | undefined
  wallUsec?: number | undefined
  /** The container runtime cut the line here; the next one goes on without a break (CRI's `P`). */
  partial?: boolean | undefined
  /** The text is the record's own, newlines included: kmsg and JSON. */
  exact?: boolean | undefined
}

export const KERNEL_FACILITY = 0
export const USER_FACILITY = 1
