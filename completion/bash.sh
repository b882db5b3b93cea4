# Completion of jail for bash: source <(jail completion bash)

# _jail_words puts together what bash cut at the characters of COMP_WORDBREAKS: words, and for each where it starts in COMP_WORDS.
_jail_words() {
    local rest=$COMP_LINE i
    words=() starts=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        if ((i == 0)) || [[ -z $rest || $rest == [[:space:]]* ]]; then
            words+=("${COMP_WORDS[i]}") starts+=("$i")
            rest=${rest#"${rest%%[![:space:]]*}"}
        else
            words[${#words[@]} - 1]+=${COMP_WORDS[i]}
        fi
        rest=${rest#"${COMP_WORDS[i]}"}
    done
}

# _jail_trim takes away what readline leaves on the line: all before the last break in the word, with it; "@" it replaces.
_jail_trim() {
    local i char kept
    for ((i = ${#1} - 1; i >= 0; i--)); do
        char=${1:i:1}
        if [[ :=@ == *"$char"* && $COMP_WORDBREAKS == *"$char"* ]]; then
            kept=${1:0:i}
            [[ $char == @ ]] || kept+=$char
            COMPREPLY=("${COMPREPLY[@]#"$kept"}")
            return
        fi
    done
}

_jail() {
    local cur words starts line kind='' first
    _jail_words
    cur=${words[${#words[@]} - 1]}
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :*) kind=${line#:} ;;
        *) COMPREPLY+=("${line%%$'\t'*}") ;;
        esac
    done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    case $kind in
    command*)
        first=${kind#command }
        if declare -F _command_offset >/dev/null; then
            _command_offset "${starts[first]}"
            return
        elif ((first < ${#words[@]} - 1)); then
            compopt -o default 2>/dev/null
            return
        fi
        kind=programs
        ;;
    esac
    case $kind in
    files)
        compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
        ;;
    programs)
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -c -- "$cur" | sort -u)
        ;;
    esac
    _jail_trim "$cur"
}

complete -F _jail jail
