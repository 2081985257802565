import { statSync } from 'node:fs'
import { recordingUnreadable } from '../errors.ts'

/** A character device is read as the kernel's log as it grows, anything else as a recording. */
export function isKmsgDevice(path: string): boolean {
  try {
    return statSync(path).isCharacterDevice()
  } catch (error) {
    throw recordingUnreadable(path, error)
  }
}
