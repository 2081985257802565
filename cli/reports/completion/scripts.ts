import type { Shell } from './about.ts'

/*
 * Each asks `kubectl-oom __complete WORD…`, as cobra's scripts do, and so does kubectl (kubectl_complete-oom): a line for each
 * word, a tab before its description, and at the end `:N`. Source: https://github.com/spf13/cobra, completions.go.
 */
const BASH = `# bash completion for kubectl-oom
_kubectl_oom() {
  local line directive words
  local cur=\${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  # What stands behind = is a word of its own to bash.
  local joined=() word
  for word in "\${words[@]}"; do
    if [[ \${#joined[@]} -gt 0 && ( $word == = || \${joined[-1]} == --*= ) ]]; then joined[-1]+=$word
    else joined+=("$word"); fi
  done
  local prefix=
  [[ \${joined[-1]} == --*=* ]] && prefix=\${joined[-1]%%=*}=
  [[ $cur == = ]] && cur=
  while IFS= read -r line; do
    if [[ $line == :* ]]; then directive=\${line#:}; continue; fi
    line=\${line%%$'\\t'*}
    line=\${line#"$prefix"}
    [[ $line == "$cur"* ]] && COMPREPLY+=("$line")
  done < <(kubectl-oom __complete "\${joined[@]}" 2>/dev/null)
  [[ $directive == 0 ]] && COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _kubectl_oom kubectl-oom
`

const ZSH = `#compdef kubectl-oom
_kubectl_oom() {
  local line directive
  local -a found asked
  asked=("\${(@)words[2,CURRENT]}")
  while IFS= read -r line; do
    if [[ $line == :* ]]; then directive=\${line#:}; continue; fi
    line=\${line//:/\\\\:}
    found+=("\${line/$'\\t'/:}")
  done < <(kubectl-oom __complete "\${asked[@]}" 2>/dev/null)
  if [[ $directive == 0 ]]; then _files; else _describe 'kubectl-oom' found; fi
}
if [[ \${funcstack[1]} == _kubectl-oom ]]; then _kubectl_oom "$@"; else compdef _kubectl_oom kubectl-oom; fi
`

const FISH = `# fish completion for kubectl-oom
function __kubectl_oom_complete
    set -l words (commandline -opc)
    set -l asked $words[2..-1] (commandline -ct)
    for line in (kubectl-oom __complete $asked 2>/dev/null)
        switch $line
            case ':0'
                __fish_complete_path (commandline -ct)
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c kubectl-oom -f -a '(__kubectl_oom_complete)'
`

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH }

/** cobra's ShellCompDirectiveNoFileComp, and its default, after which a shell looks for files. */
const NO_FILES = 4
const FILES = 0

export interface CompletionWord {
  text: string
  help?: string | undefined
}

/** What `__complete` prints. Only words that begin so are of use, and none that a shell would take for more than one. */
export function formatCompletion(words: readonly CompletionWord[] | 'files', last: string): string {
  const found = words === 'files' ? [] : words.filter(({ text }) => text.startsWith(last) && /^[\w./=:@-]+$/.test(text))
  const lines = found.map(({ text, help }) => (help === undefined ? text : `${text}\t${help}`))
  return [...lines, `:${words === 'files' ? FILES : NO_FILES}`].join('\n')
}
