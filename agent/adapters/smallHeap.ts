import { setFlagsFromString } from 'node:v8'

/*
 * Loaded first: V8's settings for a small program that mostly waits. What each holds is measured by `make bench-processes`; none
 * costs processor time in a storm of kills, whose time goes into the kernel's files and not into our own code.
 */
for (const flag of [
  // V8 lets the space of new objects grow to 32 MiB and keeps it; kept at its first size, it is cleared more often.
  '--semi-space-growth-factor=1',
  // The compilers behind the interpreter: their own code, what they make, and what they note down to make it by.
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--optimize-for-size',
  // What has not run through this collection of garbage is compiled again when it does; V8 keeps it through six. At rest there are few.
  '--bytecode-old-age=1',
]) {
  setFlagsFromString(flag)
}
