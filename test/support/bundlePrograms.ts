import { spawnSync } from 'node:child_process'

/** Builds dist/ anew, where the programs that are run are. @throws Error when they cannot be built; why, the build has said. */
export function bundlePrograms(): void {
  const build = spawnSync(process.execPath, ['hack/bundle.ts'], { stdio: 'inherit' })
  if (build.status !== 0) throw new Error('the programs could not be bundled')
}
