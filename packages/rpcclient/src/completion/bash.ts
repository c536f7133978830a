import { answeringWord } from '../verbs/index.js';

/** The script for bash: the command itself answers what a word may become. */
export const bashScript = `# Completion of rpcclient for bash: eval "$(rpcclient completion bash)"
_rpcclient() {
  local kind value note
  COMPREPLY=()
  while IFS=$'\\t' read -r kind value note; do
    case $kind in
      word) COMPREPLY+=("$value ") ;;
      stem) COMPREPLY+=("$value") ;;
      files) compopt +o nospace -o default 2>/dev/null ;;
    esac
  done < <("\${1/#\\~/$HOME}" ${answeringWord} bash "\${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" </dev/null 2>/dev/null)
}
complete -o nospace -F _rpcclient rpcclient
`;
