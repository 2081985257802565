import type { BuildFacts } from './buildFacts.ts'
import type { StartConfig } from './ociImage.ts'

/** One image for every program: the agent by default, the others by argument. */
export function startConfig({ version, revision }: Pick<BuildFacts, 'version' | 'revision'>): StartConfig {
  return {
    // A number, so that runAsNonRoot can be checked. The agent's pod asks for root: /dev/kmsg is root's.
    User: '65532:65532',
    Env: ['PATH=/nodejs/bin:/usr/bin:/bin', 'NODE_ENV=production'],
    Entrypoint: ['/nodejs/bin/node'],
    Cmd: ['/app/agent.mjs', '--help'],
    WorkingDir: '/app',
    Labels: {
      'org.opencontainers.image.title': 'oomkeeper',
      'org.opencontainers.image.description': "What the Linux kernel's OOM killer took, and who else was in line",
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.source': 'https://github.com/oomkeeper/oomkeeper',
      'org.opencontainers.image.version': version,
      ...(revision !== undefined && { 'org.opencontainers.image.revision': revision }),
    },
  }
}
