/** The numbers a statement rests on, by name with units; absent where the dump does not tell. */
export type Figures = Readonly<Record<string, number | string | boolean | undefined>>

/** One sentence and what it rests on. Commands and paths in it are as the kernel printed them: escape it to show it. */
export interface Statement {
  text: string
  figures: Figures
}

export function state(text: string, figures: Figures = {}): Statement {
  return { text, figures }
}
