/** Whether a file can be opened for reading. */
export type Access = 'there' | 'forbidden' | 'missing'

/** The files of a node, by their path below its root: `proc/meminfo`. What is not there is data, not an error. */
export interface NodeFiles {
  /** @returns undefined when it is not there or cannot be read. */
  readText(path: string): string | undefined
  access(path: string): Access
}
