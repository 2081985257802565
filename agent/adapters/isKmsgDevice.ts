import { statSync } from 'node:fs'
import { recordingUnreadable } from '../errors.ts'

/** A character device is read as the kernel's log as it grows, anything else as a recording. What is not there below /dev is a device that is kept from us. */
export function isKmsgDevice(path: string): boolean {
  try {
    return statSync(path).isCharacterDevice()
  } catch (error) {
    if (path.startsWith('/dev/')) return true
    throw recordingUnreadable(path, error)
  }
}
