import { completeVerb } from '../command/command-line.js';
import { type Shell } from '../command/verb-descriptions.js';

const bashScript = `# Completion of rpcclient for bash: eval "$(rpcclient completion bash)"
_rpcclient() {
  local kind value note
  COMPREPLY=()
  while IFS=$'\\t' read -r kind value note; do
    case $kind in
      word) COMPREPLY+=("$value ") ;;
      stem) COMPREPLY+=("$value") ;;
      files) compopt +o nospace -o default 2>/dev/null ;;
    esac
  done < <("\${1/#\\~/$HOME}" ${completeVerb} bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" </dev/null 2>/dev/null)
}
complete -o nospace -F _rpcclient rpcclient
`;

const zshScript = `#compdef rpcclient
# Completion of rpcclient for zsh: eval "$(rpcclient completion zsh)" after compinit, or this as _rpcclient in $fpath
_rpcclient() {
  local kind value note files
  local -a found stems
  while IFS=$'\\t' read -r kind value note; do
    case $kind in
      word) found+=("\${value//:/\\\\:}\${note:+:$note}") ;;
      stem) stems+=("$value") ;;
      files) files=yes ;;
    esac
  done < <("\${words[1]/#\\~/$HOME}" ${completeVerb} zsh "\${(j: :)words[1,CURRENT-1]} $PREFIX" </dev/null 2>/dev/null)
  (( $#found )) && _describe -t words rpcclient found
  (( $#stems )) && compadd -S '' -a stems
  [[ -n $files ]] && _files
  return 0
}
if [[ $funcstack[1] == _rpcclient ]]; then
  _rpcclient "$@"
else
  compdef _rpcclient rpcclient
fi
`;

/** The scripts of `rpcclient completion`. Each asks the command itself for the candidates. */
export const completionScripts: Readonly<Record<Shell, string>> = { bash: bashScript, zsh: zshScript };
