#compdef jail
# Completion of jail for zsh: source <(jail completion zsh), or as a file _jail in a folder of $fpath

_jail() {
    local line kind='' text
    local -a candidates
    for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        case $line in
        '') ;;
        :*) kind=${line#:} ;;
        *)
            text=${line%%$'\t'*}
            text=${text//:/\\:}
            [[ $line == *$'\t'* ]] && text+=":${line#*$'\t'}"
            candidates+=("$text")
            ;;
        esac
    done
    (( $#candidates )) && _describe -t jail 'jail' candidates
    case $kind in
    files) _files ;;
    programs) _command_names -e ;;
    command*)
        shift ${kind#command } words
        (( CURRENT -= ${kind#command } ))
        _normal
        ;;
    esac
}

if [[ $funcstack[1] == _jail ]]; then
    _jail "$@"
else
    compdef _jail jail
fi
