/** Where kernel records come from: the device, or a recording in its place. */
export interface KmsgSource {
  /** What the readiness and the log call it. */
  readonly description: string
  /** Why nothing is read now; undefined while the source can be read. */
  readonly trouble: string | undefined
  /** Starts reading. Resolves when the source has ended (a recording) or was closed (the device). */
  run(onRecord: (record: Buffer) => void, signal: AbortSignal): Promise<void>
  /** Stops taking records, which then wait in the ring or the file. */
  pause(): void
  resume(): void
}
