import { ProgramError, messageOf } from '#program/errors.ts'

export function kmsgUnreadable(path: string, cause: unknown): ProgramError {
  return new ProgramError(
    `expected to read the kernel's log at ${path}, got: ${messageOf(cause)}; run as root or with CAP_SYSLOG, or give a recording with --kmsg FILE`,
    { code: 'KmsgUnreadable', retry: false, facts: { path }, cause },
  )
}

export function recordingUnreadable(path: string, cause: unknown): ProgramError {
  return new ProgramError(`--kmsg: expected a recorded /dev/kmsg, got: ${messageOf(cause)}; give a readable file`, {
    code: 'RecordingUnreadable',
    retry: false,
    facts: { path },
    cause,
  })
}

export function stateUnwritable(folder: string, cause: unknown): ProgramError {
  return new ProgramError(
    `--state-dir: expected a folder to keep the cursor in, got: ${messageOf(cause)}; make ${folder} writable or name another`,
    { code: 'StateUnwritable', retry: false, facts: { folder }, cause },
  )
}
