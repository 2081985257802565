import type { Analysis } from './analyseBytes.ts'

/** An analyser that hangs, to see that it is found. */
export function analyseBytes(): Analysis {
  for (;;);
}
