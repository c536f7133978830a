import { answeringWord } from '../verbs/index.js';

/** The script for zsh: the command itself answers what a word may become. */
export const zshScript = `#compdef rpcclient
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
  done < <("\${words[1]/#\\~/$HOME}" ${answeringWord} zsh "\${(j: :)words[1,CURRENT-1]} $PREFIX" </dev/null 2>/dev/null)
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
