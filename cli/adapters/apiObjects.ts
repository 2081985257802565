import { ProgramError } from '#program/errors.ts'
import { runKubectl, type KubeTarget } from './kubectl.ts'

/** @returns an object as the apiserver sends it. @throws ProgramError */
export async function readApiObject(target: KubeTarget, path: string): Promise<unknown> {
  const text = await runKubectl(target, ['get', '--raw', path])
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = `expected JSON of the apiserver, got ${text.length} characters that are none`
    throw new ProgramError(message, { code: 'KubectlFailed', retry: true, cause: error })
  }
}

/**
 * The objects of a collection, page by page, each of which is a process of kubectl.
 * @param type what each of them is: items of a list come without it
 * @throws ProgramError
 */
export async function* listApiObjects(
  target: KubeTarget,
  path: string,
  type: { apiVersion: string; kind: string },
  limit: number,
): AsyncGenerator<unknown> {
  let next: string | undefined
  do {
    const query = new URLSearchParams({ limit: String(limit), ...(next && { continue: next }) })
    const page = await readApiObject(target, `${path}?${query.toString()}`)
    const { items, metadata } = page as { items?: readonly object[]; metadata?: { continue?: string } }
    for (const item of items ?? []) yield { ...type, ...item }
    next = metadata?.continue
  } while (next)
}
