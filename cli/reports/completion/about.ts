import type { About } from '#program/usage.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

export const completionFlags = {}

export const completionAbout: About = {
  summary:
    'Prints a script that completes commands, flags, namespaces, nodes and reports. For `kubectl oom` itself, kubectl asks kubectl_complete-oom, which stands beside kubectl-oom, and nothing else is needed.',
  operand: { placeholder: 'SHELL', help: `${SHELLS.join(', ')}` },
  examples: [
    'source <(kubectl-oom completion bash)',
    'kubectl-oom completion zsh > "${fpath[1]}/_kubectl-oom"',
    'kubectl-oom completion fish > ~/.config/fish/completions/kubectl-oom.fish',
  ],
}
