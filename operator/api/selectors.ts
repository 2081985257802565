import * as z from 'zod'
import { MAX_CMDLINE_CHARS, MAX_GLOB_CHARS } from '#contract/desiredRule.ts'
import { text } from './killRecord.ts'

const NEEDS_VALUES = {
  rule: "self.operator in ['In', 'NotIn'] ? (has(self.values) && size(self.values) > 0) : (!has(self.values) || size(self.values) == 0)",
  message: 'values must be given for In and NotIn, and left out for Exists and DoesNotExist',
}

const requirement = z
  .object({
    key: text(317).min(1).meta({ description: 'The label.' }),
    operator: z
      .enum(['In', 'NotIn', 'Exists', 'DoesNotExist'])
      .meta({ description: 'How the label and the values are compared.' }),
    values: z.array(text(63)).max(50).optional().meta({ description: 'For In and NotIn, and only there.' }),
  })
  .meta({ 'x-kubernetes-validations': [NEEDS_VALUES] })

/** metav1.LabelSelector, with bounds. */
export const labelSelector = z.object({
  matchLabels: z
    .record(z.string(), text(63))
    .meta({ maxProperties: 50, description: 'Labels that must have exactly these values.' })
    .optional(),
  matchExpressions: z
    .array(requirement)
    .max(50)
    .optional()
    .meta({ description: 'Requirements, all of which must hold.' }),
})
export type LabelSelector = z.infer<typeof labelSelector>

const PRINTABLE = "self.matches('^[ -~]+$')"

const glob = (field: string) => ({
  rule: PRINTABLE,
  message: `${field} is a glob of printable ASCII characters, of which * stands for any, and ? for one`,
})

/** include/linux/sched.h, TASK_COMM_LEN: 16 bytes with the one that ends it. */
const FITS_A_COMMAND = {
  rule: "size(self.replace('*', '')) <= 15",
  message:
    'command is longer than the 15 characters that the kernel keeps of a name, and would fit nothing: shorten it and end it with *, or use exe or cmdline',
}

/** A rule that cannot be evaluated is shown with the reason: RE2's own, as the apiserver's matches() is RE2 too. */
const IS_RE2 = {
  rule: "''.matches(self) ? true : true",
  message:
    'cmdline must be an RE2 expression (https://github.com/google/re2/wiki/Syntax): it has no lookaround and no back references',
}

const NEEDS_A_FIELD = {
  rule: 'has(self.command) || has(self.exe) || has(self.cmdline) || has(self.init)',
  message:
    'an entry of processes needs command, exe, cmdline or init: an empty one would fit every process, for which processes is left out',
}

/** Which processes of a container; the bounds are the contract's. */
export const processSelector = z
  .object({
    command: text(MAX_GLOB_CHARS)
      .min(1)
      .optional()
      .meta({
        description:
          'The command as the kernel has it (comm; `ps -o comm`), at most 15 characters, which the process itself may choose: a glob, as "postgres" or "java*".',
        'x-kubernetes-validations': [glob('command'), FITS_A_COMMAND],
      }),
    exe: text(MAX_GLOB_CHARS)
      .min(1)
      .optional()
      .meta({
        description: 'The base name of the program that it runs (/proc/PID/exe): a glob, as "python3*".',
        'x-kubernetes-validations': [glob('exe')],
      }),
    cmdline: text(MAX_CMDLINE_CHARS)
      .min(1)
      .optional()
      .meta({
        description:
          'A regular expression (RE2), found anywhere in the command line, whose arguments are joined by spaces: "^/usr/bin/python3 worker.py". The process may write there what it likes; its first 4096 characters are looked at.',
        'x-kubernetes-validations': [
          { rule: PRINTABLE, message: 'cmdline is written in printable ASCII characters: others as \\x{1F600}' },
          IS_RE2,
        ],
      }),
    init: z
      .boolean()
      .optional()
      .meta({
        description: "true: the container's first process, and not what it or another one has started since.",
        'x-kubernetes-validations': [
          {
            rule: 'self',
            message: "init can only be true, the container's first process: leave it out for any process",
          },
        ],
      }),
  })
  .meta({ 'x-kubernetes-validations': [NEEDS_A_FIELD] })
export type ProcessSelector = z.infer<typeof processSelector>
